/**
 * Blots out what must not be stored: credentials in any encoding, and text about a person or an account. The
 * replacement has the same length in plain ASCII, so offsets, reads and content lengths stay right. A list says where
 * something was blotted out; nothing says what it was. Redacting twice changes nothing more.
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
  /** A redactor that also knows these secrets. */
  with(secrets: readonly string[]): Redactor;
  /** A redactor that leaves what is about a person, for that person to read. */
  keepingPersons(): Redactor;
  /** What it is made of, as plain data for another thread. */
  parts(): { secrets: readonly string[]; patterns: readonly string[] };
  /** Redacts a text. `where` is the name of the text in the list. */
  text(text: string, where: string, list: Redaction[]): string;
  bytes(bytes: Uint8Array, where: string, list: Redaction[]): Uint8Array;
  /** Redacts the joined bytes and splits them again as before: a secret may lie across several reads. */
  reads(reads: readonly Read[], where: string, list: Redaction[]): Read[];
  /** Redacts headers. Only the headers named in `allowed` (lower case) are kept. */
  headers(headers: Headers, allowed: readonly string[], where: string, list: Redaction[]): HeaderTable;
};

const BLOT = 'x';
const MOST_ROUNDS = 5;
/** Characters. A shorter value is no secret, and would be found in many words. */
const MIN_SECRET = 6;

type Found = Span & { kind: string };

/** An additional finder. It searches each text, and whatever is encoded in the text. */
export type OwnRule = {
  kind: string;
  /** The pattern that the user has written. */
  source?: string;
  find(text: string): Span[];
};

const PERSONAL = new Set(PERSONAL_FINDERS.map(({ kind }) => kind));
/** True where a finding is about a person, and is no credential. */
export const isPersonal = (kind: string): boolean => PERSONAL.has(kind);

const knownSpans = (reading: Reading, secrets: readonly string[]): Found[] =>
  secretsIn(reading, secrets).map((span) => ({ ...span, kind: 'secret' }));

/**
 * Finds known keys, text that looks like a key, and text that the user has named: in the text, and in whatever is
 * encoded in it.
 */
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
    // Nobody wrote the bytes of a picture as text, so only known secrets are searched for there.
    const more = isText ? credentialSpans(reading, secrets, own) : knownSpans(reading, secrets);
    // They are added one by one, because a function cannot have a million arguments.
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

export function createRedactor(
  secrets: readonly string[],
  own: readonly OwnRule[] = [],
  keepsPersons = false,
): Redactor {
  // The longest come first: nothing may be left of a secret that begins with another secret.
  const known = [...new Set(secrets)]
    .filter((secret) => secret.length >= MIN_SECRET)
    .sort((a, b) => b.length - a.length);
  const bytes: Redactor['bytes'] = (given, where, list) => {
    const text = Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString('latin1');
    let clean = blot(text, findCredentials(text, known, own), where, list);
    const most = keepsPersons ? 0 : MOST_ROUNDS;
    // The replacement may complete a name or an address, so redacting is repeated until nothing more is found.
    for (let rounds = 0, before = ''; before !== clean && rounds < most; rounds++) {
      before = clean;
      clean = blot(before, findPersonal(before), where, list);
    }
    return clean === text ? given : new Uint8Array(Buffer.from(clean, 'latin1'));
  };
  const text: Redactor['text'] = (given, where, list) => textOf(bytes(bytesOf(given), where, list));
  const self: Redactor = {
    with: (more) => {
      const unknown = more.filter((secret) => secret.length >= MIN_SECRET && !known.includes(secret));
      return unknown.length === 0 ? self : createRedactor([...known, ...unknown], own, keepsPersons);
    },
    keepingPersons: () => (keepsPersons ? self : createRedactor(known, own, true)),
    parts: () => ({
      secrets: known,
      patterns: own.map(({ source }) => {
        if (source === undefined) throw new Error('a rule without a pattern cannot go to another thread');
        return source;
      }),
    }),
    bytes,
    text,
    reads: (reads, where, list) => splitLike(bytes(joined(reads), where, list), reads),
    headers(headers, allowed, where, list) {
      const kept = [...headers].filter(([name]) => allowed.includes(name));
      return Object.fromEntries(kept.map(([name, value]) => [name, text(value, `${where}.${name}`, list)]));
    },
  };
  return self;
}

/** The findings in order. Spans that one finder has found side by side are one. */
function merged(found: readonly Found[]): Found[] {
  const spans: Found[] = [];
  for (const { kind, start, length } of [...found].sort((a, b) => a.start - b.start || b.length - a.length)) {
    const last = spans.at(-1);
    if (last?.kind === kind && start <= last.start + last.length) {
      last.length = Math.max(last.length, start + length - last.start);
    } else spans.push({ kind, start, length });
  }
  return spans;
}

/** Blots out the findings. Where two spans overlap, the list has one place, under the name of the first. */
function blot(text: string, found: readonly Found[], where: string, list: Redaction[]): string {
  let clean = '';
  let from = 0;
  for (const { kind, start: begin, length } of merged(found)) {
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

/** The bytes of all reads together. */
export const joined = (reads: readonly Read[]): Uint8Array =>
  new Uint8Array(Buffer.concat(reads.map((read) => read.bytes)));

/** Splits bytes as `reads` are split. */
export function splitLike(all: Uint8Array, reads: readonly Read[]): Read[] {
  let at = 0;
  return reads.map(({ ms, bytes }) => {
    const piece = all.slice(at, at + bytes.length);
    at += bytes.length;
    return { ms, bytes: piece };
  });
}

const CREDENTIAL = /key|token|secret|auth|cookie|password/i;
/** True for the name of a header, or of a query value, that holds a credential. */
export const namesCredential = (name: string): boolean => CREDENTIAL.test(name);

const SCHEME = /^(?:bearer|basic|token)\s+/i;

/** The credentials that a request sends. They are blotted out wherever they appear in its exchange. */
export function credentialsIn(headers: Headers, query: URLSearchParams): string[] {
  const carried = [...headers, ...query].filter(([name]) => namesCredential(name));
  return carried.flatMap(([name, value]) =>
    name === 'cookie' ? cookieValues(value) : [value.replace(SCHEME, '')],
  );
}

const cookieValues = (cookies: string): string[] =>
  cookies.split(';').map((cookie) => cookie.slice(cookie.indexOf('=') + 1).trim());
