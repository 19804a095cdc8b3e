/** Keeps keys out of everything that is written, or sent to a client. */
import { unescape as decodePercent } from 'node:querystring';
import { findSecrets } from './find-secrets.ts';

/** Characters. A shorter "secret" would hide ordinary words, and no key is that short. */
const MIN_SECRET = 4;

/** Each secret once, longer ones first: where one secret begins like another, the longer one is hidden to its end. */
export const allSecrets = (...lists: readonly (readonly string[])[]): string[] =>
  [...new Set(lists.flat())].sort((a, b) => b.length - a.length);

/** The part of a URL that is secret, and its password. Both are given as written and as decoded. */
export function passwordsIn(url: string): string[] {
  const password = URL.canParse(url) ? new URL(url).password : '';
  if (password === '') return [];
  return [url, password, decodePercent(password)];
}

const BLOT = '***';

/** `text` with each of `secrets` hidden, whatever encoding is used for it. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const looked = secrets.filter((secret) => secret.length >= MIN_SECRET && secret.length <= text.length);
  if (looked.length === 0) return text;
  // Secrets in plain form are hidden first, because the conversion to bytes would lose half a surrogate pair.
  const safe = looked.reduce((dirty, secret) => dirty.replaceAll(secret, BLOT), text);
  const bytes = Buffer.from(safe, 'utf8').toString('latin1');
  const spans = findSecrets(bytes, looked);
  if (spans.length === 0) return safe;
  let clean = '';
  let from = 0;
  for (const { start, length } of spans) {
    clean += bytes.slice(from, start) + BLOT;
    from = start + length;
  }
  return Buffer.from(clean + bytes.slice(from), 'latin1').toString('utf8');
}
