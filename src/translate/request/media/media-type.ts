/**
 * Finds out the type of bytes from their first bytes. Clients declare wrong types for pictures, and Google believes the
 * declaration.
 */

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text;

/** Brands of ISO media files that hold a still picture. */
const HEIC = ['heic', 'heix', 'heim', 'heis'];
const HEIF = ['mif1', 'msf1'];
/** True for AVIF. Its first bytes may look like HEIF; then AVIF is named among the brands that follow. */
const isAvif = (bytes: Uint8Array): boolean =>
  startsWith(bytes, 'ftyp', 4) && /avi[fs]/.test(Buffer.from(bytes.subarray(8, 48)).toString('latin1'));

/**
 * The possible lengths of the header that follows the first 14 bytes of a BMP. The first two letters of a BMP alone
 * could also begin other data.
 */
const BMP_HEADERS = [12, 40, 52, 56, 64, 108, 124];
const isBmp = (bytes: Uint8Array): boolean =>
  startsWith(bytes, 'BM') &&
  BMP_HEADERS.some((length) => startsWith(bytes, `${String.fromCharCode(length)}\0\0\0`, 14));

const KINDS: readonly (readonly [type: string, is: (bytes: Uint8Array) => boolean])[] = [
  ['image/png', (bytes) => startsWith(bytes, '\x89PNG\r\n\x1a\n')],
  ['image/jpeg', (bytes) => startsWith(bytes, '\xff\xd8\xff')],
  ['image/gif', (bytes) => startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')],
  ['image/webp', (bytes) => startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)],
  ['application/pdf', (bytes) => startsWith(bytes, '%PDF-')],
  ['image/heic', (bytes) => HEIC.some((brand) => startsWith(bytes, `ftyp${brand}`, 4))],
  ['image/avif', isAvif],
  ['image/heif', (bytes) => HEIF.some((brand) => startsWith(bytes, `ftyp${brand}`, 4))],
  ['image/bmp', isBmp],
  ['image/tiff', (bytes) => startsWith(bytes, 'II*\0') || startsWith(bytes, 'MM\0*')],
];

/** The media type that `bytes` show; undefined for bytes of any other kind. */
export const mediaTypeOf = (bytes: Uint8Array): string | undefined => KINDS.find(([, is]) => is(bytes))?.[0];

/** How many characters of base64 are enough to see the type; a multiple of 4. */
const BEGINNING = 64;

function beginningOf(data: string): string {
  const beginning = data.slice(0, BEGINNING);
  return /\s/.test(beginning) ? data.replace(/\s+/g, '').slice(0, BEGINNING) : beginning;
}

/** The media type of bytes in base64, in either alphabet, with or without line breaks. */
export const mediaTypeOfBase64 = (data: string): string | undefined =>
  mediaTypeOf(Buffer.from(beginningOf(data), 'base64'));
