/**
 * The pixels of a GIF's picture. A few bytes may stand for millions of pixels, so each code is copied from where its meaning was
 * written before: a picture costs what its bytes and its size cost, and nothing beyond.
 */

const MAX_CODE_BITS = 12;
const CODES = 1 << MAX_CODE_BITS;

/** Below this many a loop is quicker than a call. */
const FEW = 32;

function copy(pixels: Uint8Array, from: number, to: number, length: number): void {
  if (length > FEW) pixels.copyWithin(to, from, from + length);
  else for (let index = 0; index < length; index++) pixels[to + index] = pixels[from + index] ?? 0;
}

/** LZW codes, least significant bit first, to `count` colour indexes; stops where the data does. GIF89a, appendix F. */
export function readPixels(data: Uint8Array, minBits: number, count: number): Uint8Array {
  const clear = 1 << minBits;
  const pixels = new Uint8Array(count);
  // A code stands for pixels that were written before: the previous code's, and the one after these.
  const starts = new Uint32Array(CODES);
  const lengths = new Uint32Array(CODES);
  let size = minBits + 1;
  let next = clear + 2;
  let written = 0;
  let bits = 0;
  let held = 0;
  let previous = 0;
  let previousLength = 0;
  for (const byte of data) {
    held |= byte << bits;
    bits += 8;
    while (bits >= size) {
      const code = held & ((1 << size) - 1);
      held >>>= size;
      bits -= size;
      if (code === clear) {
        size = minBits + 1;
        next = clear + 2;
        previousLength = 0;
        continue;
      }
      if (code === clear + 1 || code > next || (previousLength === 0 && code > clear)) return pixels;
      if (previousLength > 0 && next < CODES) {
        starts[next] = previous;
        lengths[next] = previousLength + 1;
        next++;
        if (next === 1 << size && size < MAX_CODE_BITS) size++;
      }
      const start = written;
      let length = 1;
      if (code < clear) pixels[start] = code;
      else {
        const from = starts[code] ?? 0;
        length = Math.min(lengths[code] ?? 0, count - start);
        copy(pixels, from, start, Math.min(length, start - from));
        // The code that is just being made ends with its own first pixel.
        if (from + length > start) pixels[start + length - 1] = pixels[from] ?? 0;
      }
      written = start + length;
      previous = start;
      previousLength = length;
      if (written >= count) return pixels;
    }
  }
  return pixels;
}

/** The lines of an interlaced picture come in four passes. */
const PASSES = [
  { start: 0, step: 8 },
  { start: 4, step: 8 },
  { start: 2, step: 4 },
  { start: 1, step: 2 },
];

/** The row of each line, in the order in which they come. */
export function rowOrder(height: number, interlaced: boolean): number[] {
  const rows: number[] = [];
  for (const { start, step } of interlaced ? PASSES : [{ start: 0, step: 1 }])
    for (let row = start; row < height; row += step) rows.push(row);
  return rows;
}
