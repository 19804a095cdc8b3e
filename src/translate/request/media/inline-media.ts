/**
 * Media that are sent as bytes. Gemini reads PNG, JPEG, WebP, HEIC and HEIF pictures, and PDF. Pictures of other types
 * were converted to PNG before translation, because decoding takes so long that other requests would have to wait.
 */
import type { ConvertedPicture, MediaFacts } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import type { InlinePart, MediaPart } from '../items.ts';
import type { MediaPlace } from './media-places.ts';
import { mediaTypeOfBase64 } from './media-type.ts';
import { placedPart } from './moved-media.ts';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * True for base64 that was not cut. A text whose length is a multiple of 4 plus 1 was cut, because its last character
 * alone holds no whole byte.
 */
const isBase64 = (data: string): boolean => BASE64.test(data) && data.replace(/=+$/, '').length % 4 !== 1;

/**
 * The base64 in `data` without line breaks. Undefined for other text, which Google would refuse in words that no client
 * knows.
 */
export function readBase64(data: string): string | undefined {
  if (isBase64(data)) return data;
  const joined = data.replace(/\s+/g, '');
  return isBase64(joined) ? joined : undefined;
}

/**
 * The types of pictures that clients send and Gemini does not read. Of these Anthropic's API accepts only GIF, so
 * clients declare the others as something else.
 */
const UNREAD: Readonly<Record<string, { name: string; sent: string }>> = {
  'image/gif': { name: 'GIF', sent: 'the first picture of a GIF is sent as PNG' },
  'image/bmp': { name: 'BMP', sent: 'a BMP is sent as PNG' },
  'image/tiff': { name: 'TIFF', sent: 'a TIFF is sent as PNG' },
  'image/avif': { name: 'AVIF', sent: 'an AVIF is sent as PNG' },
};

/** True for the type of a picture that Gemini does not read. */
export const isUnreadType = (mimeType: string): boolean => Object.hasOwn(UNREAD, mimeType);

/** The media type that the first bytes show, whatever type the client declared. */
const typeOf = (declared: string, data: string): string => mediaTypeOfBase64(data) ?? declared;

/** True where the bytes must be converted before they can be sent. */
export const isUnread = (declared: string, data: string): boolean => isUnreadType(typeOf(declared, data));

/** The base64 of each picture that must be converted before translation. Each picture is listed once. */
export function unreadPictures(places: readonly MediaPlace[]): string[] {
  const pictures = new Set<string>();
  for (const { block } of places) {
    const { source } = block;
    if (source.type !== 'base64' || !isUnread(source.media_type, source.data)) continue;
    const data = readBase64(source.data);
    if (data !== undefined) pictures.add(data);
  }
  return [...pictures];
}

function converted(picture: ConvertedPicture | undefined, name: string): InlinePart | { problem: string } {
  if (!picture) throw new Error(`a ${name} was not converted before translation`);
  if ('png' in picture) return { inlineData: { mimeType: 'image/png', data: picture.png } };
  const why = `Gemini reads no ${name}, and ${picture.problem}`;
  return { problem: `could not process image. ${why}: send it as PNG or JPEG instead.` };
}

/**
 * Makes a part with the bytes under their real type, or with the mark of bytes that were moved. Where they cannot be
 * sent, gives the text for the client instead, in whole sentences.
 */
export function partOfBytes(
  { declared, data }: { declared: string; data: string },
  { converted: pictures, moved }: Pick<MediaFacts, 'converted' | 'moved'>,
  { path, warn }: { path: string; warn: Warn },
): MediaPart | { problem: string } {
  const mimeType = typeOf(declared, data);
  if (mimeType !== declared) warn('content-changed', path, `declared as ${declared}, but it is ${mimeType}`);
  const unread = Object.hasOwn(UNREAD, mimeType) ? UNREAD[mimeType] : undefined;
  if (!unread) return placedPart({ inlineData: { mimeType, data } }, moved);
  const part = converted(pictures.get(data), unread.name);
  if ('problem' in part) return part;
  warn('content-changed', path, unread.sent);
  return placedPart(part, moved);
}
