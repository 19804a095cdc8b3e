/**
 * Pictures and documents by URL: given to Google, sent as the bytes that were read, or refused with the block's name.
 */
import { describe, expect, test } from 'bun:test';
import type { ContentBlock } from '../../../../src/anthropic/content.ts';
import type { Message } from '../../../../src/anthropic/request.ts';
import { parseMessagesRequest } from '../../../../src/anthropic/validate.ts';
import { modelRow } from '../../../../src/gemini/model-rows.ts';
import type { MediaFacts } from '../../../../src/translate/context.ts';
import { toGeminiRequest } from '../../../../src/translate/request/index.ts';
import { mediaPlaces } from '../../../../src/translate/request/media/media-places.ts';
import { urlPlaces, urlProblem, urlsToFetch } from '../../../../src/translate/request/media/url-media.ts';
import { contextFor, requestOf } from '../../../support/translation.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const GIF = 'R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==';
const PDF = Buffer.from('%PDF-1.4\n').toString('base64');

const url = (address: string) => ({ type: 'url' as const, url: address });
const image = (address: string): ContentBlock => ({ type: 'image', source: url(address) });
const document = (address: string): ContentBlock => ({ type: 'document', source: url(address) });

const converted = new Map([[GIF, { png: PNG }]]);
const GOOGLE: MediaFacts = {
  byGoogle: true,
  fetched: new Map(),
  files: new Map(),
  converted,
  pages: new Map(),
  moved: new Map(),
};
const OFF: MediaFacts = {
  byGoogle: false,
  fetched: new Map(),
  files: new Map(),
  converted,
  pages: new Map(),
  moved: new Map(),
};
const fetched = (entries: Record<string, { mimeType: string; data: string } | { problem: string }>) => ({
  byGoogle: false,
  fetched: new Map(Object.entries(entries)),
  files: new Map(),
  converted,
  pages: new Map(),
  moved: new Map(),
});

function translate(messages: Message[], media: MediaFacts = GOOGLE, model = 'gemini-4-argon') {
  const request = parseMessagesRequest(requestOf({ messages }));
  return toGeminiRequest(request, contextFor(model, { media })).body.contents;
}
const say = (...content: ContentBlock[]): Message[] => [{ role: 'user', content }];
const parts = (block: ContentBlock, media?: MediaFacts, model?: string) =>
  translate(say(block), media, model)[0]?.parts;

describe('Google is told the URL', () => {
  test.each<[string, ContentBlock, { mimeType?: string; fileUri: string }]>([
    ['a picture', image('https://a.com/x.png'), { mimeType: 'image/png', fileUri: 'https://a.com/x.png' }],
    ['in capitals', image('https://a.com/X.JPG'), { mimeType: 'image/jpeg', fileUri: 'https://a.com/X.JPG' }],
    [
      'with a query',
      image('https://a.com/x.webp?w=1#f'),
      { mimeType: 'image/webp', fileUri: 'https://a.com/x.webp?w=1#f' },
    ],
    ['of no known type', image('https://a.com/x'), { fileUri: 'https://a.com/x' }],
    [
      'an ending that is none of ours',
      image('https://a.com/x.constructor'),
      { fileUri: 'https://a.com/x.constructor' },
    ],
    [
      'a document',
      document('https://a.com/doc'),
      { mimeType: 'application/pdf', fileUri: 'https://a.com/doc' },
    ],
    [
      'as it was understood here, however it was written',
      image(' HTTPS://A.com\\b/x y.png '),
      { mimeType: 'image/png', fileUri: 'https://a.com/b/x%20y.png' },
    ],
    [
      'with a name in letters of the world',
      image('https://bücher.com/x.png'),
      { mimeType: 'image/png', fileUri: 'https://xn--bcher-kva.com/x.png' },
    ],
    [
      'at a public address',
      image('https://8.8.8.8/x.png'),
      { mimeType: 'image/png', fileUri: 'https://8.8.8.8/x.png' },
    ],
  ])('%s', (_, block, fileData) => {
    expect(parts(block)).toEqual([{ fileData }]);
  });

  test('in a document of several parts, under its title', () => {
    const source = {
      type: 'content' as const,
      content: [{ type: 'text' as const, text: 'a' }, image('https://a.com/x.png')],
    };
    const block = { type: 'document', title: 'T', source } as ContentBlock;
    expect(parts(block)?.map((part) => Object.keys(part)[0])).toEqual(['text', 'text', 'fileData']);
  });

  test('beside a result, which takes bytes only', () => {
    const call: ContentBlock = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} };
    const content = [
      { type: 'text' as const, text: 'two pictures' },
      image('https://a.com/x.png'),
      { type: 'image' as const, source: { type: 'base64' as const, media_type: 'image/png', data: PNG } },
    ] as never;
    const contents = translate([
      { role: 'user', content: 'look' },
      { role: 'assistant', content: [call] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content }] },
    ]);
    expect(contents.at(-1)?.parts).toEqual([
      {
        functionResponse: {
          id: 'toolu_1',
          name: 'look',
          response: { output: 'two pictures\n[attachment 1: image/png]\n[attachment 2: image/png]' },
          parts: [{ inlineData: { mimeType: 'image/png', data: PNG } }],
        },
      },
      { text: 'Attachment 1 of the result of look:' },
      { fileData: { mimeType: 'image/png', fileUri: 'https://a.com/x.png' } },
    ]);
  });
});

describe('bytes that were read are sent in the place of the URL', () => {
  test.each([
    ['a picture', image('https://a.com/x'), { mimeType: 'image/png', data: PNG }, 'image/png'],
    [
      'a PDF where a picture was named',
      image('https://a.com/x'),
      { mimeType: 'application/pdf', data: PDF },
      'application/pdf',
    ],
    ['a GIF, as PNG', image('https://a.com/x.gif'), { mimeType: 'image/gif', data: GIF }, 'image/png'],
    [
      'a document',
      document('https://a.com/x'),
      { mimeType: 'application/pdf', data: PDF },
      'application/pdf',
    ],
  ])('%s', (_, block, media, mimeType) => {
    const address =
      'source' in block && typeof block.source === 'object' && 'url' in block.source ? block.source.url : '';
    for (const model of ['gemini-4-argon', 'gemini-2.5-flash']) {
      expect(parts(block, fetched({ [address]: media }), model)).toMatchObject([
        { inlineData: { mimeType } },
      ]);
    }
  });

  test('even where Google might be told', () => {
    const media = {
      ...fetched({ 'https://a.com/x.png': { mimeType: 'image/png', data: PNG } }),
      byGoogle: true,
    };
    expect(parts(image('https://a.com/x.png'), media)).toEqual([
      { inlineData: { mimeType: 'image/png', data: PNG } },
    ]);
  });
});

const HERE = 'messages.0.content.0.image.source.url';
describe('refused, by the name of the block', () => {
  test.each<[string, ContentBlock, MediaFacts, string, string]>([
    [
      'switched off',
      image('https://a.com/x.png'),
      OFF,
      'gemini-4-argon',
      `${HERE}: media by URL is switched off in the proxy (URL_FETCH)`,
    ],
    [
      'an older model',
      image('https://a.com/x.png'),
      GOOGLE,
      'gemini-2.5-flash',
      `${HERE}: gemini-2.5-flash reads no media by URL`,
    ],
    ['a GIF', image('https://a.com/x.gif'), GOOGLE, 'gemini-4-argon', `${HERE}: Gemini reads no GIF by URL`],
    ['http', image('http://a.com/x.png'), GOOGLE, 'gemini-4-argon', `${HERE}: only https URLs can be read`],
    ['what is no URL', image('x.png'), GOOGLE, 'gemini-4-argon', `${HERE}: not a URL`],
    [
      'a private host',
      image('https://localhost/x.png'),
      GOOGLE,
      'gemini-4-argon',
      `${HERE}: its host is not public`,
    ],
    [
      'what could not be read',
      image('https://a.com/x'),
      fetched({ 'https://a.com/x': { problem: 'its host answered 404' } }),
      'gemini-4-argon',
      `${HERE}: its host answered 404`,
    ],
    [
      'a document',
      document('https://10.0.0.1/x.pdf'),
      GOOGLE,
      'gemini-4-argon',
      'messages.0.content.0.document.source.url: its host is not public',
    ],
    [
      'a picture in a document',
      { type: 'document', source: { type: 'content', content: [image('http://a.com/')] } } as ContentBlock,
      GOOGLE,
      'gemini-4-argon',
      'messages.0.content.0.document.source.content.0.image.source.url: only https',
    ],
  ])('%s', (_, block, media, model, message) => {
    expect(() => parts(block, media, model)).toThrow(message);
    expect(() => parts(block, media, model)).toThrow('Send its bytes instead (source type base64).');
  });
});

test.each([
  ['https://user@a.com/', 'a URL with a user in it cannot be read'],
  ['https://:word@a.com/', 'a URL with a user in it cannot be read'],
  ['https://127.1/', 'its host is not public'],
  ['https://0x7f000001/', 'its host is not public'],
  ['https://2130706433/', 'its host is not public'],
  ['https://0177.0.0.1/', 'its host is not public'],
  ['https://[::1]/', 'its host is not public'],
  ['https://[::ffff:8.8.8.8]/', 'its host is not public'],
  ['https://１２７.０.０.１/', 'its host is not public'],
  ['https://169.254.169.254/latest', 'its host is not public'],
  ['https://metadata.google.internal/', 'its host is not public'],
  ['https://localhost./', 'its host is not public'],
  ['https://a.localhost/', 'its host is not public'],
  ['https://printer.local/', 'its host is not public'],
  ['https://intranet/', 'its host is not public'],
  ['https://intranet./', 'its host is not public'],
  ['https://localhost../', 'its host is not public'],
  ['https://a.internal../', 'its host is not public'],
  ['https://127.0.0.1../', 'its host is not public'],
  ['https://router.localdomain/', 'its host is not public'],
  ['https://printer.home/', 'its host is not public'],
  ['https://a.onion/', 'its host is not public'],
  ['file:///etc/passwd', 'only https URLs can be read'],
  ['data:image/png;base64,iVBORw0KGgo=', 'only https URLs can be read'],
  ['gs://bucket/x.png', 'only https URLs can be read'],
  ['//a.com/x.png', 'not a URL'],
  ['', 'not a URL'],
  [`https://a.com/${'a'.repeat(9_000)}`, 'longer than 8192 characters'],
  ['https://a.com:8443/x', undefined],
  ['https://xn--mgba3a4f16a.example/x', undefined],
])('%p: %p', (address, problem) => {
  expect(urlProblem(address)).toBe(problem);
});

test('every place of a URL is known by its path, and what is to be read is read once', () => {
  const result = {
    type: 'tool_result',
    tool_use_id: 't',
    content: [image('https://a.com/3.png')],
  } as ContentBlock;
  const nested = {
    type: 'document',
    source: { type: 'content', content: [{ type: 'text', text: '' }, image('https://a.com/2.gif')] },
  } as ContentBlock;
  const messages = [
    { role: 'user' as const, content: 'no blocks' },
    {
      role: 'user' as const,
      content: [image('https://a.com/1.png'), nested, result, document('https://a.com/1.png')],
    },
    { role: 'user' as const, content: [image('http://a.com/4.png')] },
  ];
  const places = urlPlaces(mediaPlaces(messages));
  expect(places.map(({ path }) => path)).toEqual([
    'messages.1.content.0.image.source.url',
    'messages.1.content.1.document.source.content.1.image.source.url',
    'messages.1.content.2.tool_result.content.0.image.source.url',
    'messages.1.content.3.document.source.url',
    'messages.2.content.0.image.source.url',
  ]);
  const argon = modelRow('gemini-4-argon');
  expect(urlsToFetch(places, argon, false)).toEqual([
    'https://a.com/1.png',
    'https://a.com/2.gif',
    'https://a.com/3.png',
  ]);
  expect(urlsToFetch(places, argon, true)).toEqual(['https://a.com/2.gif']);
  expect(urlsToFetch(places, modelRow('gemini-2.5-flash'), true)).toHaveLength(3);
});
