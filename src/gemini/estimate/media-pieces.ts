/** Takes media apart into what costs tokens: pictures, pages, and seconds. */
import type { Blob } from '../wire.ts';
import type { TakePiece } from './pieces.ts';
import { textTokens } from './text-tokens.ts';

/** The most characters of base64 that are read to find out how long a medium is. */
const MOST_READ = 1_000_000;

/** Bytes, where a medium does not show its length: of a page, and of a second of compressed sound and of a small film. */
const BYTES_OF = { page: 60_000, sound: 16_000, film: 125_000 };

const bytesIn = (data: string): number => Math.floor((data.length * 3) / 4);

const beginningOf = (data: string, characters: number): Buffer =>
  Buffer.from(data.slice(0, characters), 'base64');

/** Takes the pieces of a medium of this type. The first type that fits is used. */
const TYPES: readonly (readonly [type: RegExp, pieces: (data: string, take: TakePiece) => void])[] = [
  [/^application\/pdf$/, (data, take) => take('page', pagesOf(data))],
  [/^text\//, (data, take) => take('text', textTokens(Buffer.from(data, 'base64').toString()))],
  [/^audio\//, (data, take) => take('second of sound', soundSeconds(data))],
  [/^video\//, (data, take) => take('second of film', filmSeconds(data))],
  [/./, (_data, take) => take('picture', 1)],
];

export function mediumPieces({ mimeType, data }: Blob, take: TakePiece): void {
  TYPES.find(([type]) => type.test(mimeType))?.[1](data, take);
}

const PAGE = /\/Type\s*\/Page(?![A-Za-z])/g;

/** The pages of a PDF. In a long one they are counted at its beginning only, and a packed one hides them. */
function pagesOf(data: string): number {
  const found = beginningOf(data, MOST_READ).toString('latin1').match(PAGE)?.length ?? 0;
  const share = Math.min(1, MOST_READ / data.length);
  return Math.max(1, Math.round(found > 0 ? found / share : bytesIn(data) / BYTES_OF.page));
}

/** Where the head of a WAV file says how many bytes a second has. */
const WAV_RATE = 28;
const WAV_HEAD = 48;

function soundSeconds(data: string): number {
  const head = beginningOf(data, WAV_HEAD);
  const isWav = head.length >= WAV_RATE + 4 && head.toString('latin1', 0, 4) === 'RIFF';
  const rate = isWav ? head.readUInt32LE(WAV_RATE) : 0;
  return bytesIn(data) / (rate > 0 ? rate : BYTES_OF.sound);
}

/** Where the movie header of an MP4 file, from its name on, has the units of a second and its length in these units. */
const MP4_UNITS = 16;
const MP4_LENGTH = 20;

function filmSeconds(data: string): number {
  const head = beginningOf(data, MOST_READ);
  const at = head.indexOf('mvhd');
  const isShort = at >= 0 && at + MP4_LENGTH + 4 <= head.length && head[at + 4] === 0;
  const units = isShort ? head.readUInt32BE(at + MP4_UNITS) : 0;
  return units > 0 ? head.readUInt32BE(at + MP4_LENGTH) / units : bytesIn(data) / BYTES_OF.film;
}
