/**
 * What base64 in a text says: of either alphabet, in lines of any width, with numbers before them. All characters of the
 * alphabet are read as if they were one text, four times over, because nobody knows where the first group begins: the
 * rest of the text only makes noise before and behind.
 */
import { afterNumber, linesOf } from './lines.ts';
import { joinPlaces, type Reading } from './reading.ts';
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
  if (text.length < SHORTEST) return [];
  const letters = Buffer.alloc(text.length);
  const places = new Int32Array(text.length);
  let count = 0;
  for (const { start, end } of linesOf(plain)) {
    for (let at = afterNumber(text, start); at < end; at++) {
      const code = text.charCodeAt(at);
      if (!IN_ALPHABET[code]) continue;
      letters[count] = code;
      places[count++] = at;
    }
  }
  if (count < SHORTEST) return [];
  return [0, 1, 2, 3].map((skipped) => {
    // Node takes both alphabets at once.
    const bytes = Buffer.from(letters.toString('latin1', skipped, count), 'base64');
    return {
      text: bytes.toString('latin1'),
      spans: (from, to) => {
        const first = skipped + Math.floor((from * GROUP) / 3);
        return joinPlaces(places.subarray(first, skipped + Math.ceil((to * GROUP) / 3)));
      },
    };
  });
}
