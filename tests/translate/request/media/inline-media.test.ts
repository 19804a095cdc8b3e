/** Pictures that Gemini does not read are sent as the PNG that was made before translation, wherever they stand. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ContentBlock } from '../../../../src/anthropic/content.ts';
import type { Message } from '../../../../src/anthropic/request.ts';
import type { ConvertedPicture } from '../../../../src/translate/context.ts';
import { toGeminiRequest } from '../../../../src/translate/request/index.ts';
import { unreadPictures } from '../../../../src/translate/request/media/inline-media.ts';
import { mediaPlaces } from '../../../../src/translate/request/media/media-places.ts';
import { contextFor, deepFreeze, requestOf } from '../../../support/translation.ts';

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const GIF = base64('GIF89a of a test');
const BMP = base64('BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0');
const TIFF = base64('II*\0\x08\0\0\0');
const AVIF = base64('\0\0\0\x20ftypavif\0\0\0\0avifmif1');
const PNG = base64('\x89PNG\r\n\x1a\n');

const image = (data: string, media_type = 'image/png') =>
  ({ type: 'image', source: { type: 'base64', media_type, data } }) as const;
const pdf = (data: string): ContentBlock => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data },
});
const several = (data: string): ContentBlock => ({
  type: 'document',
  source: { type: 'content', content: [{ type: 'text', text: 'a' }, image(data)] },
});
const result = (...content: ContentBlock[]) =>
  ({ type: 'tool_result', tool_use_id: 't', content }) as ContentBlock;

const PLACES: readonly (readonly [name: string, path: string, (data: string) => ContentBlock])[] = [
  ['a picture', 'image', image],
  ['a document that is none', 'document', pdf],
  ['a picture in a document', 'document.source.content.1.image', several],
  ['a picture in a result', 'tool_result.content.0.image', (data) => result(image(data))],
  ['a document in a result', 'tool_result.content.0.document', (data) => result(pdf(data))],
  [
    'a picture in a document in a result',
    'tool_result.content.0.document.source.content.1.image',
    (data) => result(several(data)),
  ],
];

function translate(messages: Message[], converted: Record<string, ConvertedPicture>) {
  const media = {
    byGoogle: true,
    fetched: new Map(),
    files: new Map(),
    converted: new Map(Object.entries(converted)),
    pages: new Map(),
    moved: new Map(),
  };
  return toGeminiRequest(deepFreeze(requestOf({ messages })), contextFor(undefined, { media }));
}
const say = (...content: ContentBlock[]): Message[] => [{ role: 'user', content }];
const listed = (messages: Message[]) => unreadPictures(mediaPlaces(messages));

describe('a GIF is to be converted, and sent as what came of that', () => {
  test.each(PLACES)('%s', (_name, _path, block) => {
    expect(listed(say(block(GIF)))).toEqual([GIF]);
    const { body, warnings } = translate(say(block(GIF)), { [GIF]: { png: PNG } });
    expect(body.contents[0]?.parts.flatMap(({ inlineData }) => inlineData ?? [])).toEqual([
      { mimeType: 'image/png', data: PNG },
    ]);
    expect(warnings.map(({ detail }) => detail)).toContain('the first picture of a GIF is sent as PNG');
    expect(JSON.stringify(body)).not.toContain(GIF);
  });

  test.each(PLACES)('or refused by the name of its block: %s', (_name, path, block) => {
    expect(() => translate(say(block(GIF)), { [GIF]: { problem: 'this one is odd' } })).toThrow(
      `messages.0.content.0.${path}.source.base64.data: could not process image. Gemini reads no GIF, and this one is odd: send it as PNG or JPEG instead.`,
    );
  });

  test.each([
    ['BMP', BMP, 'a BMP is sent as PNG'],
    ['TIFF', TIFF, 'a TIFF is sent as PNG'],
    ['AVIF', AVIF, 'an AVIF is sent as PNG'],
  ])('so is %s', (name, data, told) => {
    const { body, warnings } = translate(say(image(data)), { [data]: { png: PNG } });
    expect(body.contents[0]?.parts[0]?.inlineData).toEqual({ mimeType: 'image/png', data: PNG });
    expect(warnings.map(({ detail }) => detail)).toEqual([
      `declared as image/png, but it is image/${name.toLowerCase()}`,
      told,
    ]);
    expect(() => translate(say(image(data)), { [data]: { problem: 'x' } })).toThrow(
      `Gemini reads no ${name}, and x:`,
    );
  });

  test('where it is declared as one and cannot be told', () => {
    expect(listed(say(image('AAAA', 'image/gif')))).toEqual(['AAAA']);
  });

  test('once, however often it stands there and in whatever lines', () => {
    const lines = GIF.replace(/..../g, '$&\n');
    expect(listed(say(image(GIF), result(image(lines)), image(PNG)))).toEqual([GIF]);
    const { body } = translate(say(image(GIF), image(lines)), { [GIF]: { png: PNG } });
    expect(body.contents[0]?.parts.map(({ inlineData }) => inlineData?.data)).toEqual([PNG, PNG]);
  });
});

test('what Gemini reads is not decoded, nor what is no base64, nor what is named only', () => {
  const named: ContentBlock = { type: 'image', source: { type: 'url', url: 'https://a.com/x.gif' } };
  const echoed: ContentBlock = { type: 'mcp_tool_result', tool_use_id: 't', content: [image(GIF)] };
  expect(listed(say(image(PNG), pdf(base64('%PDF-1.4')), image(`${GIF}%`), named, echoed))).toEqual([]);
});

test('whatever translation needs is on the list', () => {
  const data = fc.constantFrom(
    GIF,
    BMP,
    `${GIF.slice(0, 9)} \n${GIF.slice(9)}`,
    ` ${BMP}`,
    PNG,
    'R0lGODlh',
    'AAAA',
  );
  const type = fc.constantFrom('image/png', 'image/gif', 'image/jpeg', 'image/webp');
  const picture = fc.tuple(data, type).map(([bytes, declared]): ContentBlock => image(bytes, declared));
  const anywhere = fc.tuple(data, fc.constantFrom(...PLACES)).map(([bytes, [, , make]]) => make(bytes));
  const saying = (role: Message['role'], block: fc.Arbitrary<ContentBlock>) =>
    fc.array(block, { minLength: 1, maxLength: 4 }).map((content): Message => ({ role, content }));
  const message = fc.oneof(saying('user', fc.oneof(picture, anywhere)), saying('assistant', picture));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), (some) => {
      const messages: Message[] = [...some, { role: 'user', content: 'end' }];
      const converted = Object.fromEntries(listed(messages).map((picture) => [picture, { png: PNG }]));
      expect(JSON.stringify(translate(messages, converted).body)).not.toMatch(/image\/(?:gif|bmp)/);
    }),
    { numRuns: 200 },
  );
});
