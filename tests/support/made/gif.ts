/** GIFs that a test makes, and how it reads PNGs, without the code under test. */
import { inflateSync } from 'node:zlib';

export type GifParts = {
  width: number;
  height: number;
  /** Red, green and blue of each colour number; their count is a power of two. */
  colours: readonly (readonly [number, number, number])[];
  /** The colour number that is transparent. */
  transparent?: number;
  frame?: { left: number; top: number; width: number; height: number };
  minBits?: number;
  interlaced?: boolean;
  /** LZW. */
  data: Uint8Array;
};

const short = (value: number) => [value & 255, value >> 8];

/** Cut into blocks of `size` bytes. */
export function inBlocks(data: Uint8Array, size = 255): number[] {
  const blocks: number[] = [];
  for (let at = 0; at < data.length; at += size) {
    const block = data.subarray(at, at + size);
    blocks.push(block.length, ...block);
  }
  return [...blocks, 0];
}

export function gifOf(parts: GifParts): Buffer {
  const { width, height, colours, transparent, data, minBits = 8, interlaced = false } = parts;
  const frame = parts.frame ?? { left: 0, top: 0, width, height };
  const table = Math.log2(colours.length) - 1;
  return Buffer.from([
    ...Buffer.from('GIF89a'),
    ...short(width),
    ...short(height),
    0x80 | table,
    0,
    0,
    ...colours.flat(),
    ...(transparent === undefined ? [] : [0x21, 0xf9, 4, 1, 0, 0, transparent, 0]),
    0x2c,
    ...[frame.left, frame.top, frame.width, frame.height].flatMap(short),
    interlaced ? 0x40 : 0,
    minBits,
    ...inBlocks(data),
    0x3b,
  ]);
}

/** Codes of growing size, least significant bit first. */
class CodeWriter {
  readonly bytes: number[] = [];
  #held = 0;
  #bits = 0;

  write(code: number, size: number): void {
    this.#held |= code << this.#bits;
    this.#bits += size;
    for (; this.#bits >= 8; this.#bits -= 8) {
      this.bytes.push(this.#held & 255);
      this.#held >>>= 8;
    }
  }

  end(): Uint8Array {
    if (this.#bits > 0) this.bytes.push(this.#held & 255);
    return Uint8Array.from(this.bytes);
  }
}

/** LZW as an encoder writes it: always the longest known string. */
export function lzw(pixels: readonly number[], minBits = 8): Uint8Array {
  const clear = 1 << minBits;
  const writer = new CodeWriter();
  let [size, next] = [minBits + 1, clear + 2];
  let known = new Map<string, number>();
  writer.write(clear, size);
  let string = '';
  const codeOf = (text: string) => (text.includes(',') ? (known.get(text) ?? 0) : Number(text));
  for (const pixel of pixels) {
    const longer = string === '' ? String(pixel) : `${string},${pixel}`;
    if (string === '' || known.has(longer)) {
      string = longer;
      continue;
    }
    writer.write(codeOf(string), size);
    string = String(pixel);
    if (next === 4096) {
      writer.write(clear, size);
      [size, next, known] = [minBits + 1, clear + 2, new Map()];
      continue;
    }
    if (next === 1 << size) size++;
    known.set(longer, next++);
  }
  if (string !== '') writer.write(codeOf(string), size);
  writer.write(clear + 1, size);
  return writer.end();
}

/** So many pixels of colour 0 in as few bytes as possible. */
export function lzwOfZeros(count: number, minBits = 2): Uint8Array {
  const clear = 1 << minBits;
  const writer = new CodeWriter();
  writer.write(clear, minBits + 1);
  writer.write(0, minBits + 1);
  let [size, next, length] = [minBits + 1, clear + 2, 1];
  for (let written = 1; written < count; written += length) {
    const code = Math.min(next, 4095);
    if (next < 4096) {
      next++;
      length++;
    }
    writer.write(code, size);
    if (next === 1 << size && size < 12) size++;
  }
  return writer.end();
}

/** A picture of this width and height in as few bytes as possible. */
export const largeGif = (width: number, height: number): Buffer =>
  gifOf({ width, height, colours: [RED, BLACK, BLACK, BLACK], minBits: 2, data: lzwOfZeros(width * height) });

const RED = [255, 0, 0] as const;
const BLACK = [0, 0, 0] as const;

/** What the filter of a row takes for a byte: the one to its left, the one above, or both. */
function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [left, above, corner].map((value) => Math.abs(guess - value)) as [number, number, number];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

const FILTERS: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

/** Red, green, blue and opacity of each pixel. A transparent pixel is all 0. */
export function readPng(base64: string): { width: number; height: number; pixels: number[][] } {
  const bytes = Buffer.from(base64, 'base64');
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const [width, height, depth, colours] = [
    bytes.readUInt32BE(16),
    bytes.readUInt32BE(20),
    bytes[24],
    bytes[25],
  ];
  if (depth !== 8 || colours !== 6) throw new Error('no PNG with red, green, blue and opacity');
  const packed = inflateSync(Buffer.concat(data));
  const line = width * 4;
  const whole = new Uint8Array(line * height);
  const at = (x: number, y: number) => (x < 0 || y < 0 ? 0 : (whole[y * line + x] ?? 0));
  for (let y = 0; y < height; y++) {
    const filter = FILTERS[packed[y * (line + 1)] ?? -1];
    if (!filter) throw new Error('no filter of a PNG');
    for (let x = 0; x < line; x++) {
      const told = packed[y * (line + 1) + 1 + x] ?? 0;
      whole[y * line + x] = told + filter(at(x - 4, y), at(x, y - 1), at(x - 4, y - 1));
    }
  }
  const pixels = Array.from({ length: width * height }, (_, index) => {
    const pixel = [...whole.subarray(index * 4, index * 4 + 4)];
    return pixel[3] === 0 ? [0, 0, 0, 0] : pixel;
  });
  return { width, height, pixels };
}
