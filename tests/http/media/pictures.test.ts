/**
 * Pictures that Gemini does not read, over HTTP: converted to PNG wherever they stand, decoded once, and refused by
 * name.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bunToPng, type ToPng } from '../../../src/answer/media/picture-converter.ts';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { gifOf, lzw } from '../../support/made/gif.ts';
import {
  googleError,
  googleStream,
  hello,
  type ProxyOptions,
  startProxy,
  textChunk,
} from '../../support/proxy.ts';
import { ask, onlyRequest } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'pictures-'));
afterAll(() => rmSync(root, { recursive: true }));

const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
] as const;
/** One pixel, in one of two colours. */
const gifOfNumber = (number: 0 | 1) =>
  gifOf({ width: 1, height: 1, colours: COLOURS, data: lzw([number]) }).toString('base64');
const [GIF, OTHER] = [gifOfNumber(0), gifOfNumber(1)];
const HUGE = gifOf({ width: 10_000, height: 6_000, colours: COLOURS, data: lzw([0]) }).toString('base64');
const BROKEN = Buffer.from('GIF89a').toString('base64');

const image = (data: string) => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/gif', data },
});
const asks = (...content: object[]) => ({ ...hello, messages: [{ role: 'user', content }] });
const inResult = (...content: object[]) => ({
  ...hello,
  tools: [{ name: 'look', input_schema: { type: 'object' } }],
  messages: [
    { role: 'user', content: 'look' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content }] },
  ],
});

/** A proxy before a Google that keeps what it is sent, and a count of what was decoded. */
async function proxyThatCounts(options: ProxyOptions = {}) {
  const sent: string[] = [];
  const decoded: string[] = [];
  const toPng: ToPng = (picture) => {
    decoded.push(picture);
    return bunToPng(picture);
  };
  const fetch: ProxyOptions['fetch'] = async (url, init) => {
    const body = String(init.body);
    sent.push(body);
    if (body.includes('fileUri'))
      return googleError(400, 'INVALID_ARGUMENT', 'Cannot fetch content from the provided URL.');
    if (url.includes(':countTokens')) return Response.json({ totalTokens: 7 });
    return googleStream(textChunk('A cat.', 'STOP'));
  };
  return { proxy: await startProxy({ fetch, toPng, ...options }), sent, decoded };
}

const pngOf = async (gif: string): Promise<string> => {
  const reading = await bunToPng(gif);
  return `"inlineData":{"mimeType":"image/png","data":"${'png' in reading ? reading.png : ''}"}`;
};
const errorOf = async (response: Response) => ({
  status: response.status,
  message: ((await response.json()) as { error: { message: string } }).error.message,
});

describe('a GIF is sent as PNG', () => {
  test.each([
    ['in a message', asks(image(GIF))],
    ['in a result', inResult(image(GIF))],
    ['in a document', asks({ type: 'document', source: { type: 'content', content: [image(GIF)] } })],
    [
      'in a document in a result',
      inResult({ type: 'document', source: { type: 'content', content: [image(GIF)] } }),
    ],
  ])('%s', async (_, request) => {
    const { proxy, sent } = await proxyThatCounts();
    await using _proxy = proxy;
    expect((await proxy.send('/v1/messages', request)).status).toBe(200);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain(await pngOf(GIF));
  });

  test('in a count', async () => {
    const { proxy, sent } = await proxyThatCounts();
    await using _proxy = proxy;
    const { max_tokens: _none, ...request } = asks(image(GIF));
    const response = await proxy.send('/v1/messages/count_tokens', request);
    expect(await response.json()).toEqual({ input_tokens: 7 });
    expect(sent[0]).toContain(await pngOf(GIF));
  });

  test.each(['proxy', 'google,proxy'])(
    'where it lay behind a URL, whatever that ends in, with URL_FETCH=%s',
    async (URL_FETCH) => {
      const { proxy, sent, decoded } = await proxyThatCounts({
        env: { URL_FETCH },
        urlFetch: {
          resolve: async () => ['203.0.114.7'],
          isPublic: () => true,
          fetch: async (url) => new Response(Buffer.from(url.endsWith('huge') ? HUGE : GIF, 'base64')),
        },
      });
      await using _proxy = proxy;
      const linked = (url: string) => asks({ type: 'image', source: { type: 'url', url } });
      const request = linked('https://pics.example.test/cat.png');
      for (let turn = 0; turn < 2; turn++) {
        expect((await proxy.send('/v1/messages', request)).status).toBe(200);
        expect(sent.at(-1)).toContain(await pngOf(GIF));
      }
      expect(decoded).toEqual([GIF]);
      expect(
        await errorOf(await proxy.send('/v1/messages', linked('https://pics.example.test/huge'))),
      ).toEqual({
        status: 400,
        message: `messages.0.content.0.image.source.url: ${TOO_MANY}`,
      });
    },
  );
});

const TOO_MANY =
  'could not process image. Gemini reads no GIF, and this one has more than 16 million pixels, the most that can be converted: send it as PNG or JPEG instead.';

describe('each picture is decoded once', () => {
  test('however many turns, counts and requests at the same time hold it', async () => {
    const { proxy, sent, decoded } = await proxyThatCounts();
    await using _proxy = proxy;
    const first = { role: 'user', content: [image(GIF), image(GIF)] };
    const { max_tokens, ...rest } = { ...hello, messages: [first] };
    await Promise.all([
      proxy.send('/v1/messages/count_tokens', rest),
      proxy.send('/v1/messages', { ...rest, max_tokens }),
      proxy.send('/v1/messages', { ...rest, max_tokens, stream: true }).then((answer) => answer.text()),
    ]);
    expect(decoded).toEqual([GIF]);
    const messages = [
      first,
      { role: 'assistant', content: 'A cat.' },
      { role: 'user', content: [image(OTHER)] },
    ];
    expect((await proxy.send('/v1/messages', { ...hello, messages })).status).toBe(200);
    expect(decoded).toEqual([GIF, OTHER]);
    // The same bytes as in the turn before: Gemini's cache needs that.
    expect(sent.map((body) => body.split('"data":"')[1])).toEqual(
      Array(4).fill(sent[0]?.split('"data":"')[1]),
    );
  });

  test('one that cannot be decoded as well', async () => {
    const { proxy, sent, decoded } = await proxyThatCounts();
    await using _proxy = proxy;
    const told = {
      status: 400,
      message:
        'messages.0.content.1.image.source.base64.data: could not process image. Gemini reads no GIF, and this one cannot be decoded: send it as PNG or JPEG instead.',
    };
    for (let turn = 0; turn < 2; turn++)
      expect(await errorOf(await proxy.send('/v1/messages', asks(image(GIF), image(BROKEN))))).toEqual(told);
    expect(decoded).toEqual([GIF, BROKEN]);
    expect(sent).toEqual([]);
  });

  test('up to a hundred of a request; one more is refused by its name', async () => {
    const { proxy, sent } = await proxyThatCounts({ toPng: async (picture) => ({ png: picture }) });
    await using _proxy = proxy;
    const many = Array.from({ length: 101 }, (_, index) =>
      image(Buffer.from(`GIF89a ${String(index).padStart(5)}`).toString('base64')),
    );
    expect((await proxy.send('/v1/messages', asks(...many.slice(1)))).status).toBe(200);
    expect(await errorOf(await proxy.send('/v1/messages', asks(...many)))).toEqual({
      status: 400,
      message:
        'messages.0.content.100.image.source.base64.data: could not process image. Gemini reads no GIF, and the proxy converts only 100 pictures of a request: send it as PNG or JPEG instead.',
    });
    expect(sent).toHaveLength(1);
  });
});

test.each([
  ['in a message', asks(image(GIF), image(HUGE)), 'messages.0.content.1.image'],
  ['in a result', inResult(image(HUGE)), 'messages.2.content.0.tool_result.content.0.image'],
])('60 million pixels are refused by the name of the block: %s', async (_, request, path) => {
  const { proxy, sent } = await proxyThatCounts();
  await using _proxy = proxy;
  const told = { status: 400, message: `${path}.source.base64.data: ${TOO_MANY}` };
  expect(await errorOf(await proxy.send('/v1/messages', request))).toEqual(told);
  expect(await errorOf(await proxy.send('/v1/messages', { ...request, stream: true }))).toEqual(told);
  const { max_tokens: _none, ...counted } = request;
  expect(await errorOf(await proxy.send('/v1/messages/count_tokens', counted))).toEqual(told);
  expect(sent).toEqual([]);
});

test.each<[string, object, Record<string, string>]>([
  ['in a message', image(GIF), {}],
  [
    'behind a URL that Google could not read',
    { type: 'image', source: { type: 'url', url: 'https://pics.example.test/cat' } },
    { URL_FETCH: 'google,proxy' },
  ],
])(
  'a recording with a GIF plays again, to the byte, however long decoding takes: %s',
  async (name, block, env) => {
    const folder = join(root, name.replaceAll(' ', '-'));
    const request = asks(block);
    let answer = '';
    {
      const urlFetch = {
        resolve: async () => ['203.0.114.7'],
        isPublic: () => true,
        fetch: async () => new Response(Buffer.from(GIF, 'base64')),
      };
      const { proxy } = await proxyThatCounts({ env: { ...env, RECORD: folder }, urlFetch });
      await using _proxy = proxy;
      answer = await ask(proxy, { request });
    }
    expect(answer).toContain('A cat.');
    expect(onlyRequest(folder).upstream.at(-1)?.request.body).toContain(await pngOf(GIF));
    expect(await verifyRecording(folder, 2)).toEqual({ requests: 1, problems: [] });
    const slowly: ToPng = async (picture) => {
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      return bunToPng(picture);
    };
    await using replay = await startProxy({
      env: { BACKEND: 'replay', REPLAY: folder, ...env },
      toPng: slowly,
    });
    expect(await ask(replay, { request })).toBe(answer);
  },
);
