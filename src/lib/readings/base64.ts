/**
 * What base64 in a text says: of either alphabet, in lines of any width, with numbers before them. All characters of the
 * alphabet are read as if they were one text, four times over, because nobody knows where the first group begins: the
 * rest of the text only makes noise before and behind.
 */
import { afterNumber, linesOf } from './lines.ts';
import { ReadBytes, type Reading } from './reading.ts';
import type { Unescaped } from './unescaped.ts';

/** Characters of one group, of which three bytes are made. */
const GROUP = 4;
/** Characters; less holds no secret. */
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
    // Node takes both alphabets at once.
    text: Buffer.from(packed.text.slice(skipped), 'base64').toString('latin1'),
    spans: (from, to) => {
      const end = Math.min(packed.text.length, skipped + Math.ceil((to * GROUP) / 3));
      return packed.spans(skipped + Math.floor((from * GROUP) / 3), end);
    },
  }));
}
