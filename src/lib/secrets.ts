/** Keeps keys out of all that is written or told. */
import { unescape as decodePercent } from 'node:querystring';
import { findSecrets } from './find-secrets.ts';

/** Characters. A shorter "secret" would hide ordinary words, and no key is that short. */
const MIN_SECRET = 4;

/** Each secret once, longer ones first: where one secret begins like another, the longer one is hidden to its end. */
export const allSecrets = (...lists: readonly (readonly string[])[]): string[] =>
  [...new Set(lists.flat())].sort((a, b) => b.length - a.length);

/** The URL as far as it is a secret, and its password, both as written and as decoded. */
export function passwordsIn(url: string): string[] {
  const password = URL.canParse(url) ? new URL(url).password : '';
  if (password === '') return [];
  return [url, password, decodePercent(password)];
}

const BLOT = '***';

/** `text` with each of `secrets` replaced, in whatever encoding it stands there. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const looked = secrets.filter((secret) => secret.length >= MIN_SECRET && secret.length <= text.length);
  if (looked.length === 0) return text;
  // First the plain form: half a surrogate pair would be lost in the conversion to bytes.
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
