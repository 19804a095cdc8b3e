/**
 * The pattern that finds one secret in a reading: its escapes are undone there, except for single backslashes, which
 * may belong to the secret.
 */
import { unescaped } from './readings/unescaped.ts';

const BACKSLASH = '\\';
const LETTER_OF: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' };

/** Characters. Of a long secret the beginning is found too: a tool may have cut off what it showed. */
const LONG = 20;
const BEGINNING = 12;

const escapeRegExp = (char: string) => char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

function forms(char: string): string {
  const letter = LETTER_OF[char];
  if (letter !== undefined) return `[${char}${letter}]`;
  // In a query.
  return char === ' ' ? '[ +]' : escapeRegExp(char);
}

/**
 * Each character has its own forms, and no two begin alike, so a search looks at each place of a text at most as often
 * as the secret has characters. Each character of the pattern stands for a byte. Undefined for a secret that has
 * nothing but backslashes.
 */
export function secretPattern(secret: string): RegExp | undefined {
  const bytes = Buffer.from(secret, 'utf8').toString('latin1');
  // A decoded text has no escapes, but may look as if it had.
  const raw = [...bytes].map(escapeRegExp).join('');
  // With the backslash before it: left alone, the backslash would escape the next character.
  const bare = [...unescaped(bytes).text]
    .filter((char) => char !== BACKSLASH)
    .map((char) => String.raw`\\?${forms(char)}`);
  if (bare.length === 0) return undefined;
  const least = bare.length < LONG ? bare.length : BEGINNING;
  const rest = bare.slice(least).reduceRight((behind, char) => `(?:${char}${behind})?`, '');
  return new RegExp(`${raw}|${bare.slice(0, least).join('')}${rest}`, 'g');
}
