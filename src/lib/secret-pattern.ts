/** One secret as it stands in a reading: without its escapes, but for single backslashes that nobody can tell from them. */
import { unescaped } from './readings/unescaped.ts';

const BACKSLASH = '\\';
const LETTER_OF: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' };

/** Characters. Of a secret as long as a key its beginning is found, too: a tool may have cut off what it showed. */
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
 * Every character has one form or another of its own, so that a search looks at each place of a text at most as often as the
 * secret has characters. Undefined for a secret of which nothing is left. Its characters are bytes.
 */
export function secretPattern(secret: string): RegExp | undefined {
  const bytes = Buffer.from(secret, 'utf8').toString('latin1');
  // What was decoded has no escapes, and may look as if it had.
  const raw = [...bytes].map(escapeRegExp).join('');
  // The backslash before it, too: without what it escapes it would escape something else.
  const bare = [...unescaped(bytes).text]
    .filter((char) => char !== BACKSLASH)
    .map((char) => String.raw`\\?${forms(char)}`);
  if (bare.length === 0) return undefined;
  const least = bare.length < LONG ? bare.length : BEGINNING;
  const rest = bare.slice(least).reduceRight((behind, char) => `(?:${char}${behind})?`, '');
  return new RegExp(`${raw}|${bare.slice(0, least).join('')}${rest}`, 'g');
}
