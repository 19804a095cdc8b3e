/** The first picture of a GIF as PNG: clients may send GIF, Google does not read it. GIF89a and PNG specifications. */
import { crc32, deflateSync } from 'node:zlib';

type Picture = { width: number; height: number; rgba: Uint8Array };

/** More is no image for a model, but a bomb. */
const MAX_PIXELS = 64_000_000;
const MAX_CODE_BITS = 12;

/** LZW codes, least significant bit first, to colour indexes; stops where the data does. */
function readPixels(data: Uint8Array, minBits: number, count: number): Uint8Array {
  const clear = 1 << minBits;
  const prefix = new Uint16Array(1 << MAX_CODE_BITS);
  const suffix = new Uint8Array(1 << MAX_CODE_BITS);
  const stack = new Uint8Array((1 << MAX_CODE_BITS) + 1);
  for (let code = 0; code < clear; code++) suffix[code] = code;
  const pixels = new Uint8Array(count);
  let [written, bits, held, size, next, previous, first] = [0, 0, 0, minBits + 1, clear + 2, -1, 0];
  for (const byte of data) {
    held |= byte << bits;
    bits += 8;
    while (bits >= size) {
      let code = held & ((1 << size) - 1);
      held >>>= size;
      bits -= size;
      if (code === clear) {
        [size, next, previous] = [minBits + 1, clear + 2, -1];
        continue;
      }
      if (code === clear + 1 || code > next || (previous === -1 && code >= clear)) return pixels;
      const current = code;
      let depth = 0;
      if (code === next) {
        stack[depth++] = first;
        code = previous;
      }
      while (code >= clear) {
        stack[depth++] = suffix[code] ?? 0;
        code = prefix[code] ?? 0;
      }
      first = code;
      stack[depth++] = first;
      while (depth > 0 && written < count) pixels[written++] = stack[--depth] ?? 0;
      if (previous !== -1 && next < 1 << MAX_CODE_BITS) {
        prefix[next] = previous;
        suffix[next] = first;
        next++;
        if (next === 1 << size && size < MAX_CODE_BITS) size++;
      }
      previous = current;
      if (written >= count) return pixels;
    }
  }
  return pixels;
}

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

  blocks(): Uint8Array {
    const blocks: Uint8Array[] = [];
    for (let length = this.byte(); length > 0; length = this.byte()) blocks.push(this.take(length));
    return Buffer.concat(blocks);
  }
}

/** The rows of an interlaced picture come in four passes. */
function rowOrder(height: number, interlaced: boolean): number[] {
  const rows: number[] = [];
  const passes = interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  for (const [start = 0, step = 1] of passes) for (let row = start; row < height; row += step) rows.push(row);
  return rows;
}

function readFrame(
  reader: Reader,
  screen: Picture,
  shared: Uint8Array | undefined,
  transparent: number,
): boolean {
  const [left, top, width, height] = [reader.short(), reader.short(), reader.short(), reader.short()];
  const flags = reader.byte();
  const colours = reader.colours(flags) ?? shared;
  const minBits = reader.byte();
  if (!colours || minBits < 1 || minBits > 8 || width * height > MAX_PIXELS) return false;
  const pixels = readPixels(reader.blocks(), minBits, width * height);
  rowOrder(height, (flags & 0x40) !== 0).forEach((row, line) => {
    for (let column = 0; column < width; column++) {
      const [x, y] = [left + column, top + row];
      const colour = pixels[line * width + column] ?? 0;
      if (colour === transparent || x >= screen.width || y >= screen.height) continue;
      screen.rgba.set(colours.subarray(colour * 3, colour * 3 + 3), (y * screen.width + x) * 4);
      screen.rgba[(y * screen.width + x) * 4 + 3] = 255;
    }
  });
  return true;
}

function decodeGif(bytes: Uint8Array): Picture | undefined {
  const reader = new Reader(bytes);
  if (!/^GIF8[79]a$/.test(Buffer.from(reader.take(6)).toString('latin1'))) return undefined;
  const [width, height, flags] = [reader.short(), reader.short(), reader.byte()];
  reader.take(2);
  if (width * height === 0 || width * height > MAX_PIXELS) return undefined;
  const screen: Picture = { width, height, rgba: new Uint8Array(width * height * 4) };
  const shared = reader.colours(flags);
  let transparent = -1;
  while (reader.at < bytes.length) {
    const kind = reader.byte();
    if (kind === 0x2c) return readFrame(reader, screen, shared, transparent) ? screen : undefined;
    if (kind !== 0x21) return undefined;
    const label = reader.byte();
    const [control = 0, , , colour = -1] = reader.blocks();
    if (label === 0xf9) transparent = control & 1 ? colour : -1;
  }
  return undefined;
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

function encodePng({ width, height, rgba }: Picture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  // Each row starts with its filter: 0, none.
  const rows = Buffer.alloc(height * (width * 4 + 1));
  for (let row = 0; row < height; row++) {
    rows.set(rgba.subarray(row * width * 4, (row + 1) * width * 4), row * (width * 4 + 1) + 1);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const body = [
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...body]);
}

/** Base64 to base64; undefined where the bytes are no GIF. */
export function gifToPng(gif: string): string | undefined {
  const picture = decodeGif(Buffer.from(gif, 'base64'));
  return picture && encodePng(picture).toString('base64');
}
