/** Bytes are sent with their real type, whatever the client declared. */
import { describe, expect, test } from 'bun:test';
import type { ContentBlock } from '../../../../src/anthropic/content.ts';
import { toGeminiRequest } from '../../../../src/translate/request/index.ts';
import { mediaTypeOf, mediaTypeOfBase64 } from '../../../../src/translate/request/media/media-type.ts';
import { contextFor, requestOf } from '../../../support/translation.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const KINDS: [string, Buffer][] = [
  ['image/png', bytes('\x89PNG\r\n\x1a\n…')],
  ['image/jpeg', bytes('\xff\xd8\xff\xe0…')],
  ['image/gif', bytes('GIF87a…')],
  ['image/gif', bytes('GIF89a…')],
  ['image/webp', bytes('RIFF\x10\0\0\0WEBPVP8 ')],
  ['application/pdf', bytes('%PDF-1.7\n')],
  ['image/heic', bytes('\0\0\0\x18ftypheic\0\0\0\0')],
  ['image/heif', bytes('\0\0\0\x18ftypmif1\0\0\0\0')],
  ['image/avif', bytes('\0\0\0\x20ftypavif\0\0\0\0avifmif1')],
  ['image/avif', bytes('\0\0\0\x20ftypmif1\0\0\0\0mif1miafMA1Bavif')],
  ['image/bmp', bytes('BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0')],
  ['image/tiff', bytes('II*\0\x08\0\0\0')],
  ['image/tiff', bytes('MM\0*\0\0\0\x08')],
];

describe('is told by its beginning', () => {
  test.each(KINDS)('%s', (type, data) => {
    expect(mediaTypeOf(data)).toBe(type);
    expect(mediaTypeOfBase64(data.toString('base64'))).toBe(type);
    expect(mediaTypeOfBase64(data.toString('base64url'))).toBe(type);
    expect(mediaTypeOfBase64(data.toString('base64').replace(/..../g, '$&\r\n'))).toBe(type);
    expect(mediaTypeOfBase64(`${' '.repeat(99)}${data.toString('base64')}`)).toBe(type);
  });

  test.each([
    ['nothing', bytes('')],
    ['a page', bytes('<html>')],
    ['a drawing', bytes('<svg xmlns="http://www.w3.org/2000/svg">')],
    ['a beginning cut off', bytes('\x89PN')],
    ['sound in a picture’s container', bytes('RIFF\x10\0\0\0WAVEfmt ')],
    ['words that begin as BMP does', bytes('BM was a firm that made some lamps')],
    ['a film', bytes('\0\0\0\x18ftypisom')],
    ['a PDF that begins with a page', bytes('<html>%PDF-1.7')],
  ])('not of %s', (_, data) => {
    expect(mediaTypeOf(data)).toBeUndefined();
  });
});

function sent(block: ContentBlock) {
  const { body, warnings } = toGeminiRequest(
    requestOf({ messages: [{ role: 'user', content: [block] }] }),
    contextFor(),
  );
  return {
    mimeType: body.contents[0]?.parts[0]?.inlineData?.mimeType,
    told: warnings.map(({ detail }) => detail),
  };
}
const image = (media_type: string, data: string): ContentBlock => ({
  type: 'image',
  source: { type: 'base64', media_type, data },
});

describe('a picture', () => {
  test.each([
    ['declared rightly', 'image/png', KINDS[0]?.[1], 'image/png', 0],
    ['PNG declared as JPEG', 'image/jpeg', KINDS[0]?.[1], 'image/png', 1],
    ['JPEG declared as PNG', 'image/png', KINDS[1]?.[1], 'image/jpeg', 1],
    ['WebP declared as GIF', 'image/gif', KINDS[4]?.[1], 'image/webp', 1],
    ['a PDF declared as PNG', 'image/png', KINDS[5]?.[1], 'application/pdf', 1],
    ['of a kind that cannot be told stays as declared', 'image/webp', bytes('????????????'), 'image/webp', 0],
  ])('%s', (_, declared, data, mimeType, warnings) => {
    const { told, ...rest } = sent(image(declared, (data ?? bytes('')).toString('base64')));
    expect(rest).toEqual({ mimeType });
    expect(told).toHaveLength(warnings);
  });

  test.each(['iVBORw0KG', '====', 'iVBO=Rw0', 'data:image/png;base64,iVBO', ''])(
    'not of base64 that is cut or none: %j',
    (data) => {
      expect(() => sent(image('image/png', data))).toThrow(
        'messages.0.content.0.image.source.base64.data: could not process image',
      );
    },
  );

  test('in a document that is declared as a PDF', () => {
    const data = KINDS[1]?.[1].toString('base64') ?? '';
    const block: ContentBlock = {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data },
    };
    expect(sent(block).mimeType).toBe('image/jpeg');
  });
});
