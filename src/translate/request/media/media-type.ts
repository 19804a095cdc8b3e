/** What bytes are, by how they begin: clients declare pictures wrongly, and Google believes the declaration. */

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text;

/** Brands of ISO media files that hold a still picture. */
const HEIC = ['heic', 'heix', 'heim', 'heis'];
const HEIF = ['mif1', 'msf1'];
/** AVIF may begin as HEIF does, and then names itself among the brands that follow. Gemini does not read it. */
const isAvif = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(8, 48)).includes('avif');

const KINDS: readonly (readonly [type: string, is: (bytes: Uint8Array) => boolean])[] = [
  ['image/png', (bytes) => startsWith(bytes, '\x89PNG\r\n\x1a\n')],
  ['image/jpeg', (bytes) => startsWith(bytes, '\xff\xd8\xff')],
  ['image/gif', (bytes) => startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')],
  ['image/webp', (bytes) => startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)],
  ['application/pdf', (bytes) => startsWith(bytes, '%PDF-')],
  ['image/heic', (bytes) => HEIC.some((brand) => startsWith(bytes, `ftyp${brand}`, 4))],
  ['image/heif', (bytes) => HEIF.some((brand) => startsWith(bytes, `ftyp${brand}`, 4)) && !isAvif(bytes)],
];

/** Undefined where it is none of the kinds that Gemini reads, or a GIF. */
export const mediaTypeOf = (bytes: Uint8Array): string | undefined => KINDS.find(([, is]) => is(bytes))?.[0];

/** Base64 characters that hold the beginning; a multiple of 4. */
const BEGINNING = 64;

/** The same of base64, of either alphabet. */
export const mediaTypeOfBase64 = (data: string): string | undefined =>
  mediaTypeOf(Buffer.from(data.slice(0, BEGINNING), 'base64'));
