/**
 * The first picture of a GIF as PNG: clients may send GIF, Google does not read it. Colours stay numbers of a palette, as in the
 * GIF. GIF89a and PNG specifications.
 */
import { crc32, deflateSync } from 'node:zlib';
import { readPixels, rowOrder } from './gif-pixels.ts';

/** Pixels that may still be read. A few bytes may stand for millions of them, and all are read while nobody else is served. */
export type PixelBudget = { left: number };

/** Of all GIFs of a request: nine full screens. */
const MOST_PIXELS = 20_000_000;
/** What even the smallest picture costs. */
const LEAST_PIXELS = 16_384;

export const pixelBudget = (): PixelBudget => ({ left: MOST_PIXELS });

export type GifReading = { png: string } | { problem: string };

const UNREADABLE = 'could not process image';
const TOO_MANY_PIXELS = `could not process image: the GIFs of a request have more than ${MOST_PIXELS / 1e6} million pixels; send PNG or JPEG instead`;

class GifProblem extends Error {
  override readonly name = 'GifProblem';
}

/** `colours` holds red, green and blue of each number; that of `transparent` is not shown. */
type Picture = {
  width: number;
  height: number;
  pixels: Uint8Array;
  colours: Uint8Array;
  transparent: number | undefined;
};

/** Reads forward over the bytes of a GIF; past the end everything is 0. */
class Reader {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  short(): number {
    return this.byte() | (this.byte() << 8);
  }

  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The colour table that `flags` announces. */
  colours(flags: number): Uint8Array | undefined {
    return flags & 0x80 ? this.take(3 * (2 << (flags & 7))) : undefined;
  }

  /** Past blocks that end with an empty one; how many bytes they hold. */
  skipBlocks(): number {
    let held = 0;
    for (let length = this.byte(); length > 0; length = this.byte()) {
      held += length;
      this.at += length;
    }
    return held;
  }

  /** What blocks hold, in one piece. There may be millions of them. */
  blocks(): Uint8Array {
    const start = this.at;
    const whole = new Uint8Array(Math.min(this.skipBlocks(), this.bytes.length));
    this.at = start;
    let filled = 0;
    for (let length = this.byte(); length > 0; length = this.byte())
      for (let left = length; left > 0; left--) whole[filled++] = this.byte();
    return whole;
  }
}

type Screen = { width: number; height: number; background: number };
type Frame = { left: number; top: number; width: number; height: number; interlaced: boolean };

const covers = (frame: Frame, screen: Screen): boolean =>
  frame.left === 0 && frame.top === 0 && frame.width >= screen.width && frame.height >= screen.height;

/** A number that none of `pixels` has, of which each is below `codes`. */
function unusedNumber(pixels: Uint8Array, codes: number): number | undefined {
  if (codes < 256) return codes;
  const used = new Uint8Array(256);
  for (const pixel of pixels) used[pixel] = 1;
  const unused = used.indexOf(0);
  return unused < 0 ? undefined : unused;
}

/** `pixels` of the frame at its place on the screen; around it there is `around`. */
function onScreen(pixels: Uint8Array, frame: Frame, screen: Screen, around: number): Uint8Array {
  const whole = new Uint8Array(screen.width * screen.height).fill(around);
  const shown = Math.min(frame.width, screen.width - frame.left);
  if (shown <= 0) return whole;
  rowOrder(frame.height, frame.interlaced).forEach((row, line) => {
    const y = frame.top + row;
    if (y >= screen.height) return;
    const begin = line * frame.width;
    whole.set(pixels.subarray(begin, begin + shown), y * screen.width + frame.left);
  });
  return whole;
}

function spend(budget: PixelBudget, { width, height }: Screen, frame: Frame): void {
  budget.left -= Math.max(width * height, frame.width * frame.height, LEAST_PIXELS);
  if (budget.left < 0) throw new GifProblem(TOO_MANY_PIXELS);
}

function readFrame(
  reader: Reader,
  screen: Screen,
  shared: Uint8Array | undefined,
  transparent: number | undefined,
  budget: PixelBudget,
): Picture {
  const [left, top, width, height] = [reader.short(), reader.short(), reader.short(), reader.short()];
  const flags = reader.byte();
  const frame = { left, top, width, height, interlaced: (flags & 0x40) !== 0 };
  const table = reader.colours(flags) ?? shared;
  const minBits = reader.byte();
  if (!table || minBits < 1 || minBits > 8) throw new GifProblem(UNREADABLE);
  spend(budget, screen, frame);
  const codes = 1 << minBits;
  const pixels = readPixels(reader.blocks(), minBits, width * height);
  const clear = transparent ?? (covers(frame, screen) ? undefined : unusedNumber(pixels, codes));
  const colours = new Uint8Array(3 * Math.min(256, Math.max(table.length / 3, codes, (clear ?? 0) + 1)));
  colours.set(table.subarray(0, colours.length));
  const shown = onScreen(pixels, frame, screen, clear ?? screen.background);
  return { width: screen.width, height: screen.height, pixels: shown, colours, transparent: clear };
}

const EXTENSION = 0x21;
const CONTROL = 0xf9;
const IMAGE = 0x2c;

function decodeGif(bytes: Uint8Array, budget: PixelBudget): Picture {
  const reader = new Reader(bytes);
  const signature = Buffer.from(reader.take(6)).toString('latin1');
  const [width, height, flags, background] = [
    reader.short(),
    reader.short(),
    reader.byte(),
    reader.byte(),
  ] as const;
  reader.byte();
  if (!/^GIF8[79]a$/.test(signature) || width * height === 0) throw new GifProblem(UNREADABLE);
  const shared = reader.colours(flags);
  let transparent: number | undefined;
  while (reader.at < bytes.length) {
    const kind = reader.byte();
    if (kind === IMAGE) return readFrame(reader, { width, height, background }, shared, transparent, budget);
    if (kind !== EXTENSION) break;
    const label = reader.byte();
    if (label === CONTROL) {
      const [, control = 0, , , colour = 0] = bytes.subarray(reader.at, reader.at + 5);
      transparent = control & 1 ? colour : undefined;
    }
    reader.skipBlocks();
  }
  throw new GifProblem(UNREADABLE);
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

/** How opaque each number is, up to the last one that is not. */
const opacities = (transparent: number): Uint8Array => new Uint8Array(transparent + 1).fill(255).fill(0, -1);

function encodePng({ width, height, pixels, colours, transparent }: Picture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  // Bits of a number, and that it is one of a palette.
  header.set([8, 3], 8);
  // Each row starts with its filter: 0, none.
  const rows = Buffer.alloc(height * (width + 1));
  for (let row = 0; row < height; row++)
    rows.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const body = [
    pngChunk('IHDR', header),
    pngChunk('PLTE', colours),
    ...(transparent === undefined ? [] : [pngChunk('tRNS', opacities(transparent))]),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...body]);
}

/** Base64 to base64. Takes what it costs from the budget. */
export function gifToPng(gif: string, budget: PixelBudget): GifReading {
  try {
    const picture = decodeGif(Buffer.from(gif, 'base64'), budget);
    return { png: encodePng(picture).toString('base64') };
  } catch (error) {
    if (error instanceof GifProblem) return { problem: error.message };
    throw error;
  }
}
