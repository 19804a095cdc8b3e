/** Keeps keys out of what is written and told. */
import { unescape as decodePercent } from 'node:querystring';
import { secretPattern } from './secret-pattern.ts';

/** A shorter one would blot out ordinary words; no key is that short. */
const MIN_SECRET = 4;

/** Each once, longer ones first: a secret that begins like another one is blotted out to its end. */
export const allSecrets = (...lists: readonly (readonly string[])[]): string[] =>
  [...new Set(lists.flat())].sort((a, b) => b.length - a.length);

/** The URL, as far as it is a secret, and its password as it stands there and as it is meant. */
export function passwordsIn(url: string): string[] {
  const password = URL.canParse(url) ? new URL(url).password : '';
  if (password === '') return [];
  return [url, password, decodePercent(password)];
}

/** The keys of a process are few, and looked for in every line. */
const patterns = new Map<string, RegExp>();

function patternOf(secret: string): RegExp {
  const known = patterns.get(secret);
  if (known) return known;
  const pattern = secretPattern(secret);
  patterns.set(secret, pattern);
  return pattern;
}

/** `text` with every one of `secrets` blotted out, in whatever writing it stands there. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET) continue;
    // The pattern reads bytes: a secret that is not plain ASCII is found as it is.
    safe = safe.replaceAll(secret, '***').replace(patternOf(secret), '***');
  }
  return safe;
}
