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
  // Where each character was escaped by itself, a backslash of the secret is read as one with that of the next escape,
  // so that what it parted may be read as an escape: `%\00` as `%00`.
  const readings = [unescaped(bytes).text, unescaped(bytes.replaceAll(BACKSLASH, '')).text];
  const bare = [...new Set(readings.map(withoutBackslashes))].filter((reading) => reading !== '');
  if (bare.length === 0) return undefined;
  return new RegExp([raw, ...bare.map(bareForm)].join('|'), 'g');
}

const withoutBackslashes = (text: string) => text.replaceAll(BACKSLASH, '');

/** The form of a reading of the secret from which the backslashes are gone. */
function bareForm(reading: string): string {
  // The pattern includes the backslash before the secret: if it were left, it would escape the next character.
  const chars = [...reading].map((char) => String.raw`\\?${forms(char)}`);
  const least = chars.length < LONG ? chars.length : BEGINNING;
  const rest = chars.slice(least).reduceRight((behind, char) => `(?:${char}${behind})?`, '');
  return chars.slice(0, least).join('') + rest;
}
