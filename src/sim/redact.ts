/**
 * Blots out what must not be stored: credentials in any writing, and what tells of a person or an account. Equal length in
 * plain ASCII, so that offsets, reads and content lengths still hold; where it happened is listed, what was
 * there is told nowhere. Applying it twice changes nothing more.
 */
import { secretsIn } from '../lib/find-secrets.ts';
import { toldInEvents } from '../lib/readings/events.ts';
import { readingsOf } from '../lib/readings/index.ts';
import { type Reading, type Span, within } from '../lib/readings/reading.ts';
import { type Unescaped, unescaped } from '../lib/readings/unescaped.ts';
import { bytesOf, textOf } from './cassette/escape.ts';
import type { Headers as HeaderTable, Read, Redaction } from './cassette/types.ts';
import { PERSONAL_FINDERS } from './personal-patterns.ts';
import { tokensIn } from './token-shapes.ts';

export type Redactor = {
  /** A redactor that knows these secrets as well. */
  with(secrets: readonly string[]): Redactor;
  /** `where` names the text in the list. */
  text(text: string, where: string, list: Redaction[]): string;
  bytes(bytes: Uint8Array, where: string, list: Redaction[]): Uint8Array;
  /** The joined bytes, split again as they were: a secret may lie across several reads. */
  reads(reads: readonly Read[], where: string, list: Redaction[]): Read[];
  /** The headers named in `allowed` (lower case), redacted; of the others nothing stays. */
  headers(headers: Headers, allowed: readonly string[], where: string, list: Redaction[]): HeaderTable;
};

const BLOT = 'x';
const MOST_ROUNDS = 5;
/** Shorter ones are no secrets, and would be found in half of all words. */
const MIN_SECRET = 6;

type Found = Span & { kind: string };

/** Something else that must not be kept, looked for in each text and in whatever is encoded in it. */
export type OwnRule = { kind: string; find(text: string): Span[] };

const PERSONAL = new Set(PERSONAL_FINDERS.map(({ kind }) => kind));
/** Whether a kind tells of a person, rather than opens a door. */
export const isPersonal = (kind: string): boolean => PERSONAL.has(kind);

const knownSpans = (reading: Reading, secrets: readonly string[]): Found[] =>
  secretsIn(reading, secrets).map((span) => ({ ...span, kind: 'secret' }));

/** Keys that are known, what looks like one, and what the user has named: in the text, and in whatever is encoded in it. */
function credentialSpans(reading: Reading, secrets: readonly string[], own: readonly OwnRule[]): Found[] {
  const shaped = tokensIn(reading).flatMap(({ kind, spans }) => spans.map((span) => ({ ...span, kind })));
  const named = own.flatMap(({ kind, find }) =>
    find(reading.text)
      .flatMap(({ start, length }) => reading.spans(start, start + length))
      .map((span) => ({ ...span, kind })),
  );
  return [...knownSpans(reading, secrets), ...named, ...shaped];
}

function findCredentials(text: string, secrets: readonly string[], own: readonly OwnRule[]): Found[] {
  const { plain, decoded } = readingsOf(text);
  const found = credentialSpans(plain, secrets, own);
  for (const { reading, isText } of decoded) {
    // Bytes of a picture have no shape that anybody gave them.
    const more = isText ? credentialSpans(reading, secrets, own) : knownSpans(reading, secrets);
    // One by one: a call takes no million arguments.
    for (const one of more) found.push(one);
  }
  return found;
}

function findPersonal(text: string): Found[] {
  const plain = unescaped(text);
  const told = toldInEvents(plain);
  const found = (text: Unescaped, reading: Reading): Found[] =>
    PERSONAL_FINDERS.flatMap(({ kind, find }) =>
      find(text)
        .flatMap(({ start, length }) => reading.spans(start, start + length))
        .map((span) => ({ ...span, kind })),
    );
  return [...found(plain, plain), ...(told ? found(told, within(plain, told)) : [])];
}

export function createRedactor(secrets: readonly string[], own: readonly OwnRule[] = []): Redactor {
  // Longest first: of a secret that begins with another one nothing may stay behind.
  const known = [...new Set(secrets)]
    .filter((secret) => secret.length >= MIN_SECRET)
    .sort((a, b) => b.length - a.length);
  const bytes: Redactor['bytes'] = (given, where, list) => {
    const text = Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString('latin1');
    let clean = blot(text, findCredentials(text, known, own), where, list);
    // What was blotted out may look like a part of a name or an address, so this goes on until nothing more is found.
    for (let rounds = 0, before = ''; before !== clean && rounds < MOST_ROUNDS; rounds++) {
      before = clean;
      clean = blot(before, findPersonal(before), where, list);
    }
    return clean === text ? given : new Uint8Array(Buffer.from(clean, 'latin1'));
  };
  const text: Redactor['text'] = (given, where, list) => textOf(bytes(bytesOf(given), where, list));
  const self: Redactor = {
    with: (more) => {
      const unknown = more.filter((secret) => secret.length >= MIN_SECRET && !known.includes(secret));
      return unknown.length === 0 ? self : createRedactor([...known, ...unknown], own);
    },
    bytes,
    text,
    reads: (reads, where, list) => {
      const joined = new Uint8Array(Buffer.concat(reads.map((read) => read.bytes)));
      return splitLike(bytes(joined, where, list), reads);
    },
    headers(headers, allowed, where, list) {
      const kept = [...headers].filter(([name]) => allowed.includes(name));
      return Object.fromEntries(kept.map(([name, value]) => [name, text(value, `${where}.${name}`, list)]));
    },
  };
  return self;
}

/** In order; what one finder has found piece by piece is one thing. */
function joined(found: readonly Found[]): Found[] {
  const spans: Found[] = [];
  for (const { kind, start, length } of [...found].sort((a, b) => a.start - b.start || b.length - a.length)) {
    const last = spans.at(-1);
    if (last?.kind === kind && start <= last.start + last.length) {
      last.length = Math.max(last.length, start + length - last.start);
    } else spans.push({ kind, start, length });
  }
  return spans;
}

/** What lies over another is listed once, as the first of them. */
function blot(text: string, found: readonly Found[], where: string, list: Redaction[]): string {
  let clean = '';
  let from = 0;
  for (const { kind, start: begin, length } of joined(found)) {
    const end = begin + length;
    const start = Math.max(begin, from);
    const blank = BLOT.repeat(Math.max(0, end - start));
    if (text.startsWith(blank, start)) continue;
    list.push({ kind, where, at: start, length: blank.length });
    clean += text.slice(from, start) + blank;
    from = end;
  }
  return clean + text.slice(from);
}

function splitLike(joined: Uint8Array, reads: readonly Read[]): Read[] {
  let at = 0;
  return reads.map(({ ms, bytes }) => {
    const piece = joined.slice(at, at + bytes.length);
    at += bytes.length;
    return { ms, bytes: piece };
  });
}

/** Names of headers, and of values in a query, that open doors. */
const CREDENTIAL = /key|token|secret|auth|cookie|password/i;
const SCHEME = /^(?:bearer|basic|token)\s+/i;

/** The credentials that a request carries, wherever else they may turn up in its exchange. */
export function credentialsIn(headers: Headers, query: URLSearchParams): string[] {
  const carried = [...headers, ...query].filter(([name]) => CREDENTIAL.test(name));
  return carried.flatMap(([name, value]) =>
    name === 'cookie' ? cookieValues(value) : [value.replace(SCHEME, '')],
  );
}

const cookieValues = (cookies: string): string[] =>
  cookies.split(';').map((cookie) => cookie.slice(cookie.indexOf('=') + 1).trim());
