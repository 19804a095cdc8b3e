/** Keeps keys out of what is written and told. */
import { secretPattern } from './secret-pattern.ts';

/** A shorter one would blot out ordinary words; no key is that short. */
const MIN_SECRET = 4;

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
