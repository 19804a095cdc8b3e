/**
 * Decodes base64 in a text, in either alphabet, with lines of any width and numbers before the lines. All characters of
 * the alphabet are read as one long text, four times, since nobody knows where the first group begins. The rest of the
 * text only adds noise.
 */
import { afterNumber, linesOf } from './lines.ts';
import { ReadBytes, type Reading } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

/** The characters of a group of base64. A group stands for three bytes. */
const GROUP = 4;
/** Characters. A shorter text cannot hold a secret. */
const SHORTEST = 8;

const IN_ALPHABET = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_')
  IN_ALPHABET[char.charCodeAt(0)] = 1;

export function base64Readings(plain: Unescaped): Reading[] {
  const { text } = plain;
  const letters = new ReadBytes();
  for (const { start, end } of linesOf(plain)) {
    for (let at = afterNumber(text, start); at < end; at++) {
      const code = text.charCodeAt(at);
      if (IN_ALPHABET[code]) letters.add(code, at, 1);
    }
  }
  if (letters.count < SHORTEST) return [];
  const packed = letters.reading();
  return [0, 1, 2, 3].map((skipped) => ({
    // Node understands both alphabets at once.
    text: Buffer.from(packed.text.slice(skipped), 'base64').toString('latin1'),
    spans: (from, to) => {
      const end = Math.min(packed.text.length, skipped + Math.ceil((to * GROUP) / 3));
      return packed.spans(skipped + Math.floor((from * GROUP) / 3), end);
    },
  }));
}
