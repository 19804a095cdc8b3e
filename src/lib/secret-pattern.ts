/**
 * Makes the pattern that finds one secret in a reading. The reading's escapes are undone, except for single
 * backslashes, which may belong to the secret.
 */
import { unescaped } from './readings/unescaped.ts';

const BACKSLASH = '\\';
const LETTER_OF: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' };

/** Characters. Of a longer secret the beginning is found too: a tool may have cut off the rest. */
const LONG = 20;
const BEGINNING = 12;

const escapeRegExp = (char: string) => char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

function forms(char: string): string {
  const letter = LETTER_OF[char];
  if (letter !== undefined) return `[${char}${letter}]`;
  // In the query of a URL a blank may be written as a plus sign.
  return char === ' ' ? '[ +]' : escapeRegExp(char);
}

/**
 * The pattern. Each character of the secret has its own forms, and no two forms begin alike, so a search looks at each
 * place of a text at most as often as the secret has characters. Each character of the pattern stands for a byte.
 * Undefined for a secret that consists only of backslashes.
 */
export function secretPattern(secret: string): RegExp | undefined {
  const bytes = Buffer.from(secret, 'utf8').toString('latin1');
  // A decoded text has no escapes, but may contain text that looks like an escape.
  const raw = [...bytes].map(escapeRegExp).join('');
  // The pattern includes the backslash before the secret: if it were left, it would escape the next character.
  const bare = [...unescaped(bytes).text]
    .filter((char) => char !== BACKSLASH)
    .map((char) => String.raw`\\?${forms(char)}`);
  if (bare.length === 0) return undefined;
  const least = bare.length < LONG ? bare.length : BEGINNING;
  const rest = bare.slice(least).reduceRight((behind, char) => `(?:${char}${behind})?`, '');
  return new RegExp(`${raw}|${bare.slice(0, least).join('')}${rest}`, 'g');
}
