/**
 * Images and documents. Google reads PNG, JPEG and WebP images and PDF; a GIF's first picture is sent as PNG. A URL
 * is named, not fetched: translation has no network, and Google fetches few of them.
 */
import type { BlockOf, DocumentBlock, ImageBlock } from '../../anthropic/content.ts';
import { gifToPng } from './gif.ts';
import type { BlockPlace, ContentPart } from './items.ts';
import { refuse } from './refuse.ts';
import { tagged } from './text.ts';

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** There is no Files API here; worded as Anthropic refuses it where that API is not enabled. */
function refuseFile(path: string, type: string, expected: readonly string[]): never {
  const tags = expected.map((tag) => `'${tag}'`).join(', ');
  refuse(
    `${path}.${type}.source: Input tag 'file' found using 'type' does not match any of the expected tags: ${tags}`,
  );
}

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Without line breaks; undefined where it is no base64, which Google would refuse in words that no client knows. */
function base64(data: string): string | undefined {
  if (BASE64.test(data)) return data;
  const joined = data.replace(/\s+/g, '');
  return BASE64.test(joined) ? joined : undefined;
}

function namedUrl(kind: string, url: string, place: BlockPlace): ContentPart {
  place.warn('content-changed', place.path, `${kind} by URL is named in the text, not fetched`);
  return { text: `[${kind} at ${url}, not fetched]` };
}

export function imageParts(block: ImageBlock, place: BlockPlace): ContentPart[] {
  const { source } = block;
  if (source.type === 'file') refuseFile(place.path, 'image', ['base64', 'url']);
  if (source.type === 'url') return [namedUrl('image', source.url, place)];
  if (!IMAGE_TYPES.includes(source.media_type)) {
    const types = IMAGE_TYPES.map((type) => `'${type}'`).join(', ');
    refuse(`${place.path}.image.source.base64.media_type: Input should be one of ${types}`);
  }
  const data = base64(source.data);
  if (data === undefined) refuse(`${place.path}.image.source.base64.data: could not process image`);
  if (source.media_type !== 'image/gif') return [{ inlineData: { mimeType: source.media_type, data } }];
  const png = gifToPng(data);
  if (png === undefined) refuse(`${place.path}.image.source.base64.data: could not process image`);
  place.warn('content-changed', place.path, 'the first picture of a GIF is sent as PNG');
  return [{ inlineData: { mimeType: 'image/png', data: png } }];
}

function contentParts(
  source: Extract<DocumentBlock['source'], { type: 'content' }>,
  place: BlockPlace,
): ContentPart[] {
  if (typeof source.content === 'string') return [{ text: source.content }];
  return source.content.flatMap((block, index) => {
    if (block.type === 'text') return [{ text: block.text }];
    return imageParts(block, { ...place, path: `${place.path}.document.source.content.${index}` });
  });
}

function sourceParts(block: DocumentBlock, place: BlockPlace): ContentPart[] {
  const { source } = block;
  switch (source.type) {
    case 'base64': {
      if (source.media_type !== 'application/pdf') {
        refuse(`${place.path}.document.source.base64.media_type: Input should be 'application/pdf'`);
      }
      const data = base64(source.data);
      if (data === undefined)
        refuse(`${place.path}.document.source.base64.data: The PDF specified was not valid.`);
      return [{ inlineData: { mimeType: source.media_type, data } }];
    }
    case 'text':
      return [{ text: source.data }];
    case 'content':
      return contentParts(source, place);
    case 'url':
      return [namedUrl('document', source.url, place)];
    case 'file':
      return refuseFile(place.path, 'document', ['base64', 'content', 'text', 'url']);
  }
}

function citationsWanted(block: DocumentBlock | BlockOf<'search_result'>): boolean {
  const wanted = block.citations;
  return typeof wanted === 'object' && wanted !== null && 'enabled' in wanted && wanted.enabled === true;
}

export function documentParts(block: DocumentBlock, place: BlockPlace): ContentPart[] {
  if (citationsWanted(block)) place.warn('field-ignored', `${place.path}.citations`, 'no citations are made');
  const head = [block.title ? `<title>${block.title}</title>` : '', block.context ?? ''].filter(Boolean);
  const parts = sourceParts(block, place);
  const only = parts[0];
  if (parts.length === 1 && only && 'text' in only)
    return [{ text: tagged('document', [...head, only.text]) }];
  return head.length > 0 ? [{ text: tagged('document', head) }, ...parts] : parts;
}

export function searchResultText(block: BlockOf<'search_result'>, place: BlockPlace): string {
  if (citationsWanted(block)) place.warn('field-ignored', `${place.path}.citations`, 'no citations are made');
  return tagged('search_result', [
    `<source>${block.source}</source>`,
    `<title>${block.title}</title>`,
    ...block.content.map((part) => part.text),
  ]);
}
