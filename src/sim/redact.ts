/**
 * Blots out what must not be stored: credentials in any writing, and what tells of a person or an account. Equal length in
 * plain ASCII, so that offsets, reads and content lengths still hold; where it happened is listed, what was
 * there is told nowhere. Applying it twice changes nothing more.
 */
import { secretPattern } from '../lib/secret-pattern.ts';
import { bytesOf, textOf } from './cassette/escape.ts';
import type { Headers as HeaderTable, Read, Redaction } from './cassette/types.ts';
import { type Finder, PERSONAL_FINDERS } from './personal-patterns.ts';

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
/** Shorter ones are no secrets, and would be found in half of all words. */
const MIN_SECRET = 6;

/** By secret; a session's recordings look for the same ones. */
const secretFinder = (secret: string): Finder => {
  const pattern = secretPattern(secret);
  return {
    kind: 'secret',
    find: (text) =>
      [...text.matchAll(pattern)].map(({ 0: found, index }) => ({ start: index, length: found.length })),
  };
};

export function createRedactor(secrets: readonly string[]): Redactor {
  // Longest first: of a secret that begins with another one nothing may stay behind.
  const known = [...new Set(secrets)]
    .filter((secret) => secret.length >= MIN_SECRET)
    .sort((a, b) => b.length - a.length);
  const finders = [...known.map(secretFinder), ...PERSONAL_FINDERS];
  const bytes: Redactor['bytes'] = (given, where, list) => {
    const text = Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString('latin1');
    const clean = finders.reduce((dirty, finder) => blot(finder, dirty, where, list), text);
    return clean === text ? given : new Uint8Array(Buffer.from(clean, 'latin1'));
  };
  const text: Redactor['text'] = (given, where, list) => textOf(bytes(bytesOf(given), where, list));
  const self: Redactor = {
    with: (more) => {
      const unknown = more.filter((secret) => secret.length >= MIN_SECRET && !known.includes(secret));
      return unknown.length === 0 ? self : createRedactor([...known, ...unknown]);
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

function blot({ kind, find }: Finder, text: string, where: string, list: Redaction[]): string {
  let clean = '';
  let from = 0;
  for (const span of find(text)) {
    const end = span.start + span.length;
    // One address may run into the next.
    const start = Math.max(span.start, from);
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
