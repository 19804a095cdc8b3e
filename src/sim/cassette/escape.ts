/**
 * Writes any bytes as text, and reads them back (PEP 383). Valid UTF-8 stays as it is. A byte that belongs to no valid
 * sequence becomes the lone surrogate U+DC00 + byte, which `JSON.stringify` prints as `\udcc3`. So a fixture is
 * readable where it is UTF-8, exact where it is not, and plain ASCII for git and editors at the bytes that are not
 * UTF-8.
 */

const ESCAPE_BASE = 0xdc00;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
/** With the `u` flag this matches only lone surrogates, never the halves of a pair. */
const ESCAPED = /[\udc80-\udcff]/gu;

export function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return escapedText(bytes);
  }
}

function escapedText(bytes: Uint8Array): string {
  let text = '';
  let valid = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += strict.decode(bytes.subarray(valid, at)) + String.fromCharCode(ESCAPE_BASE + (bytes[at] ?? 0));
    at++;
    valid = at;
  }
  return text + strict.decode(bytes.subarray(valid));
}

/**
 * For each range of UTF-8's first bytes: how many bytes follow, and the range of the next byte (Unicode 15, table 3-7).
 */
const LEADS: readonly (readonly [from: number, to: number, length: number, low: number, high: number])[] = [
  [0x00, 0x7f, 1, 0, 0],
  [0xc2, 0xdf, 2, 0x80, 0xbf],
  [0xe0, 0xe0, 3, 0xa0, 0xbf],
  [0xe1, 0xec, 3, 0x80, 0xbf],
  [0xed, 0xed, 3, 0x80, 0x9f],
  [0xee, 0xef, 3, 0x80, 0xbf],
  [0xf0, 0xf0, 4, 0x90, 0xbf],
  [0xf1, 0xf3, 4, 0x80, 0xbf],
  [0xf4, 0xf4, 4, 0x80, 0x8f],
];

/** The length of the valid sequence that begins at `at`; 0 where none begins there. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const row = LEADS.find(([from, to]) => lead >= from && lead <= to);
  if (!row) return 0;
  const [, , length, low, high] = row;
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? -1;
    const [least, most] = i === 1 ? [low, high] : [0x80, 0xbf];
    if (next < least || next > most) return 0;
  }
  return length;
}

/** Turns text of `textOf` back into bytes. Throws a RangeError for a lone surrogate that stands for no byte. */
export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const match of text.matchAll(ESCAPED)) {
    pieces.push(plainBytes(text.slice(from, match.index)));
    pieces.push(Uint8Array.of(match[0].charCodeAt(0) - ESCAPE_BASE));
    from = match.index + 1;
  }
  pieces.push(plainBytes(text.slice(from)));
  return new Uint8Array(Buffer.concat(pieces));
}

function plainBytes(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new RangeError('a lone surrogate that stands for no byte');
  return encoder.encode(text);
}
