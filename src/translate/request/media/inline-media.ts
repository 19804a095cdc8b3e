/**
 * Media that are sent as bytes. Gemini reads PNG, JPEG, WebP, HEIC and HEIF pictures and PDF; other pictures have been made
 * PNG before translation, because decoding takes time that nobody else should wait for.
 */
import type { ConvertedPicture, MediaFacts } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import type { InlinePart } from '../items.ts';
import type { MediaPlace } from './media-places.ts';
import { mediaTypeOfBase64 } from './media-type.ts';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** One character more than whole groups of four holds no byte: the text was cut. */
const isBase64 = (data: string): boolean => BASE64.test(data) && data.replace(/=+$/, '').length % 4 !== 1;

/** Without line breaks; undefined where it is no base64, which Google would refuse in words that no client knows. */
export function readBase64(data: string): string | undefined {
  if (isBase64(data)) return data;
  const joined = data.replace(/\s+/g, '');
  return isBase64(joined) ? joined : undefined;
}

/** Pictures that clients send and Gemini does not read. Anthropic takes GIF alone of these; the others come declared as what they are not. */
const UNREAD: Readonly<Record<string, { name: string; sent: string }>> = {
  'image/gif': { name: 'GIF', sent: 'the first picture of a GIF is sent as PNG' },
  'image/bmp': { name: 'BMP', sent: 'a BMP is sent as PNG' },
  'image/tiff': { name: 'TIFF', sent: 'a TIFF is sent as PNG' },
  'image/avif': { name: 'AVIF', sent: 'an AVIF is sent as PNG' },
};

/** Whatever was said of them, bytes are what they begin like. */
const typeOf = (declared: string, data: string): string => mediaTypeOfBase64(data) ?? declared;

/** Whether the bytes must be converted before they can be sent. */
export const isUnread = (declared: string, data: string): boolean =>
  Object.hasOwn(UNREAD, typeOf(declared, data));

/** The base64 of the pictures that must be converted before translation, each once. */
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

/** The bytes as what they are, whatever was said of them; or what the client is told, in whole sentences, where they cannot be sent. */
export function inlinePart(
  { declared, data }: { declared: string; data: string },
  { converted: pictures }: Pick<MediaFacts, 'converted'>,
  { path, warn }: { path: string; warn: Warn },
): InlinePart | { problem: string } {
  const mimeType = typeOf(declared, data);
  if (mimeType !== declared) warn('content-changed', path, `declared as ${declared}, but it is ${mimeType}`);
  const unread = Object.hasOwn(UNREAD, mimeType) ? UNREAD[mimeType] : undefined;
  if (!unread) return { inlineData: { mimeType, data } };
  const part = converted(pictures.get(data), unread.name);
  if ('inlineData' in part) warn('content-changed', path, unread.sent);
  return part;
}
