/** Media by URL over HTTP: who reads them under each setting, and what happens when Google cannot. */
import { describe, expect, test } from 'bun:test';
import type { UrlFetchPorts } from '../../../src/answer/media/guarded-fetch.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const URL_HERE = 'https://pics.example.test/cat.png';
const PATH = 'messages.0.content.0.image.source.url';
const REFUSALS = [
  'Cannot fetch content from the provided URL.',
  'Cannot fetch content from the provided URL. Please ensure the URL is valid and accessible. Status: URL_ROBOTED-ROBOTED_DENIED',
  'Failed to process: url_timeout-timeout_fetchproxy',
  `Invalid or unsupported file uri: ${URL_HERE}`,
];

const asks = (...urls: string[]) => ({
  ...hello,
  messages: [
    {
      role: 'user',
      content: [
        ...urls.map((url) => ({ type: 'image', source: { type: 'url', url } })),
        { type: 'text', text: 'what is it' },
      ],
    },
  ],
});

/** A Google that refuses media by URL in the words of `refusal`, if there are any. */
async function proxyWith(
  URL_FETCH: string | undefined,
  refusal?: string,
  change: Partial<UrlFetchPorts> = {},
) {
  const sent: string[] = [];
  const read: string[] = [];
  const urlFetch: UrlFetchPorts = {
    resolve: async () => ['203.0.114.7'],
    isPublic: () => true,
    fetch: async (url, init) => {
      read.push(`${new Headers(init.headers as HeadersInit).get('host')} ${url}`);
      return new Response(PNG);
    },
    ...change,
  };
  const fetch = async (url: string, init: RequestInit) => {
    const body = String(init.body);
    sent.push(body);
    if (refusal && body.includes('fileUri')) return googleError(400, 'INVALID_ARGUMENT', refusal);
    if (url.includes(':countTokens')) return Response.json({ totalTokens: 7 });
    return googleStream(textChunk('A cat.', 'STOP'));
  };
  const env = URL_FETCH === undefined ? {} : { URL_FETCH };
  return { proxy: await startProxy({ fetch, env, urlFetch }), sent, read };
}

const errorOf = async (response: Response) => ({
  status: response.status,
  message: ((await response.json()) as { error: { message: string } }).error.message,
});
const INLINE = `"inlineData":{"mimeType":"image/png","data":"${PNG.toString('base64')}"}`;
const LINK = `"fileData":{"mimeType":"image/png","fileUri":"${URL_HERE}"}`;

describe('by default', () => {
  test('Google is told the URL, and this process reads nothing', async () => {
    const { proxy, sent, read } = await proxyWith(undefined);
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', asks(URL_HERE))).status).toBe(200);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain(LINK);
    expect(read).toEqual([]);
  });

  test.each(REFUSALS)('a refusal is told once, by the name of the block: %s', async (refusal) => {
    const { proxy, sent, read } = await proxyWith('google', refusal);
    await using _ = proxy;
    for (const stream of [false, true]) {
      sent.length = 0;
      const told = await errorOf(await proxy.send('/v1/messages', { ...asks(URL_HERE), stream }));
      expect(told).toEqual({
        status: 400,
        message: `${PATH}: Gemini could not read it (${refusal.replace(/\.$/, '')}). Send its bytes instead (source type base64).`,
      });
      expect(sent).toHaveLength(1);
    }
    expect(read).toEqual([]);
  });

  test('of several it is the one that Google names', async () => {
    const { proxy } = await proxyWith(
      'google',
      'Cannot fetch content from the provided URL: https://b.example.test/2.png',
    );
    await using _ = proxy;
    const request = asks('https://a.example.test/1.png', 'https://b.example.test/2.png');
    const { message } = await errorOf(await proxy.send('/v1/messages', request));
    expect(message).toStartWith('messages.0.content.1.image.source.url: ');
  });

  test('of several that begin alike it is the whole one', async () => {
    const { proxy } = await proxyWith(
      'google',
      `Cannot fetch content from the provided URL: ${URL_HERE}?v=2`,
    );
    await using _ = proxy;
    const { message } = await errorOf(await proxy.send('/v1/messages', asks(URL_HERE, `${URL_HERE}?v=2`)));
    expect(message).toStartWith('messages.0.content.1.image.source.url: ');
  });

  test.each([
    'Unable to process input image. Please retry.',
    'Unsupported MIME type: text/html',
    'The document has no pages.',
  ])('what Google finds there and cannot read is told so, too: %s', async (refusal) => {
    const { proxy, sent } = await proxyWith('google', refusal);
    await using _ = proxy;
    const { message } = await errorOf(await proxy.send('/v1/messages', asks(URL_HERE)));
    expect(message).toStartWith(`${PATH}: Gemini could not read it (`);
    expect(sent).toHaveLength(1);
  });

  test('beside bytes that the client sent, these may be meant', async () => {
    const { proxy } = await proxyWith('google', 'Unable to process input image. Please retry.');
    await using _ = proxy;
    const { messages, ...rest } = asks(URL_HERE);
    const source = { type: 'base64', media_type: 'image/png', data: PNG.toString('base64') };
    const content = [...(messages[0]?.content ?? []), { type: 'image', source }];
    const request = { ...rest, messages: [{ role: 'user', content }] };
    const { message } = await errorOf(await proxy.send('/v1/messages', request));
    expect(message).toBe('could not process image: Unable to process input image. Please retry.');
  });

  test('any other refusal stays what it is', async () => {
    const { proxy } = await proxyWith('google', 'Request contains an invalid argument.');
    await using _ = proxy;
    const { message } = await errorOf(await proxy.send('/v1/messages', asks(URL_HERE)));
    expect(message).toBe('Gemini: Request contains an invalid argument.');
  });

  test('a count that Google cannot make is estimated', async () => {
    const { proxy } = await proxyWith('google', 'Cannot fetch content from the provided URL.');
    await using _ = proxy;
    const { max_tokens: _none, ...request } = asks(URL_HERE);
    const response = await proxy.send('/v1/messages/count_tokens', request);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ input_tokens: expect.any(Number) });
  });
});

describe('with this process as the reader', () => {
  test('Google gets the bytes, and each URL is read once', async () => {
    const { proxy, sent, read } = await proxyWith('proxy');
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', asks(URL_HERE, URL_HERE))).status).toBe(200);
    expect(read).toEqual(['pics.example.test https://203.0.114.7/cat.png']);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.split(INLINE)).toHaveLength(3);
    expect(sent[0]).not.toContain('fileUri');
  });

  test('what cannot be read is told, and Google is not asked', async () => {
    const { proxy, sent } = await proxyWith('proxy', undefined, {
      resolve: async () => ['10.0.0.1'],
      isPublic: () => false,
    });
    await using _ = proxy;
    const { status, message } = await errorOf(await proxy.send('/v1/messages', asks(URL_HERE)));
    expect({ status, message }).toEqual({
      status: 400,
      message: `${PATH}: its host has no public address. Send its bytes instead (source type base64).`,
    });
    expect(sent).toEqual([]);
  });
});

describe('with both', () => {
  test.each([
    ...REFUSALS,
    'Unable to process input image. Please retry.',
    'Unsupported MIME type: text/html',
  ])('the bytes go where Google could not read the URL: %s', async (refusal) => {
    const { proxy, sent, read } = await proxyWith('google, proxy', refusal);
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', asks(URL_HERE))).status).toBe(200);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toContain(LINK);
    expect(sent[1]).toContain(INLINE);
    expect(read).toHaveLength(1);
  });

  test('what neither can read is told by the block', async () => {
    const { proxy, sent } = await proxyWith('google,proxy', REFUSALS[0], {
      fetch: async () => new Response('<html>'),
    });
    await using _ = proxy;
    const { message } = await errorOf(await proxy.send('/v1/messages', asks(URL_HERE)));
    expect(message).toStartWith(`${PATH}: it is neither a picture that Gemini reads nor a PDF.`);
    expect(sent).toHaveLength(1);
  });

  test('a GIF behind a URL that cannot be made a PNG is told by the block, not asked for twice', async () => {
    const { proxy, sent } = await proxyWith('google,proxy', REFUSALS[0], {
      fetch: async () => new Response('GIF89a'),
    });
    await using _ = proxy;
    const { message } = await errorOf(await proxy.send('/v1/messages', asks(URL_HERE)));
    expect(message).toStartWith(`${PATH}: could not process image.`);
    expect(sent).toHaveLength(1);
  });

  test('a model that reads no URLs gets the bytes at once', async () => {
    const { proxy, sent } = await proxyWith('google,proxy');
    await using _ = proxy;
    const request = { ...asks(URL_HERE), model: 'gemini-2.5-flash-lite' };
    expect((await proxy.send('/v1/messages', request)).status).toBe(200);
    expect(sent[0]).toContain(INLINE);
  });
});

test.each(['google', 'google,proxy', 'proxy'])(
  'what opens a URL to anybody is in no line of the log, nor on the page of health: %s',
  async (setting) => {
    const signed = `${URL_HERE}?X-Amz-Signature=canary-of-a-signature&x=1`;
    const { proxy } = await proxyWith(setting, `Cannot fetch content from the provided URL: ${signed}`, {
      fetch: async () => new Response('<html>'),
    });
    await using _ = proxy;
    const { max_tokens: _none, ...counted } = asks(signed);
    expect((await proxy.send('/v1/messages', asks(signed))).status).toBe(400);
    await proxy.send('/v1/messages/count_tokens', counted);
    expect(JSON.stringify(proxy.lines)).not.toContain('canary');
    expect(await (await proxy.send('/health')).text()).not.toContain('canary');
  },
);

test('switched off, nobody is asked', async () => {
  const { proxy, sent, read } = await proxyWith('off');
  await using _ = proxy;
  const { message } = await errorOf(await proxy.send('/v1/messages', asks(URL_HERE)));
  expect(message).toStartWith(`${PATH}: media by URL is switched off in the proxy (URL_FETCH).`);
  expect([sent, read]).toEqual([[], []]);
});

test('an answer that is only a picture is told in words, at the first attempt', async () => {
  let tries = 0;
  const fetch = async () => {
    tries++;
    const parts = [{ inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } }];
    return googleStream({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] });
  };
  await using proxy = await startProxy({ fetch });
  const response = await proxy.send('/v1/messages', hello);
  const { content, stop_reason } = (await response.json()) as {
    content: { text: string }[];
    stop_reason: string;
  };
  expect(content.map(({ text }) => text)).toEqual([
    '\n[Gemini answered with a picture (image/png, 1 kB), which cannot be shown here.]\n',
  ]);
  expect(stop_reason).toBe('end_turn');
  expect(tries).toBe(1);
});
