import { describe, expect, test } from 'bun:test';
import sdkPackage from '../../node_modules/@google/genai/package.json' with { type: 'json' };
import ownPackage from '../../package.json' with { type: 'json' };
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { Frame } from '../../src/gemini/frames.ts';
import {
  backendAt,
  exchange,
  httpFetch,
  KEY,
  openStream,
  serveUpstream,
} from '../support/google/upstream.ts';

const BODY =
  '{"contents":[{"role":"user","parts":[{"text":"größer \\u003c 🎉"}]}],"unknownToTheSdk":{"kept":true}}';
const MODEL = 'gemini-4-argon';
const request = { model: MODEL, body: BODY, stream: true };
const never = new AbortController().signal;

const event = (value: unknown) => `data: ${JSON.stringify(value)}\r\n\r\n`;
const textChunk = (text: string) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }],
});
const eventStream = (body: string) =>
  new Response(body, { headers: { 'content-type': 'text/event-stream' } });

async function collect(frames: AsyncIterable<Frame[]>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const batch of frames) all.push(...batch);
  return all;
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error,
  );
}

describe('what the SDK makes of our request', () => {
  test('the version that these tests were run with is pinned', () => {
    expect(ownPackage.dependencies['@google/genai']).toBe(sdkPackage.version);
    expect(sdkPackage.version).toBe('3.3.0');
  });

  const methods = [
    {
      name: 'stream',
      stream: true,
      path: `/v1beta/models/${MODEL}:streamGenerateContent`,
      query: '?alt=sse',
    },
    { name: 'unary', stream: false, path: `/v1beta/models/${MODEL}:generateContent`, query: '' },
  ];
  for (const { name, stream, path, query } of methods) {
    test(`${name}: URL, method, headers and the bytes of our body`, async () => {
      using upstream = serveUpstream(() => eventStream(event(textChunk('hi'))));
      const { frames } = await backendAt(upstream.url).generate({ ...request, stream }, exchange, never);
      await collect(frames);
      const [sent] = upstream.requests;
      expect(upstream.requests).toHaveLength(1);
      expect(sent?.method).toBe('POST');
      expect(sent?.url.pathname).toBe(path);
      expect(sent?.url.search).toBe(query);
      expect(sent?.body).toBe(BODY);
      expect(sent?.headers.get('x-goog-api-key')).toBe(KEY);
      expect(sent?.url.href).not.toContain(KEY);
      expect(sent?.headers.get('content-type')).toBe('application/json');
      expect(sent?.headers.get('accept-encoding')).toBe('identity');
      expect(sent?.headers.get('x-server-timeout')).toBeNull();
    });
  }

  test('a base URL with a slash at its end is the same', async () => {
    using upstream = serveUpstream(() => eventStream(''));
    await collect((await backendAt(`${upstream.url}/`).generate(request, exchange, never)).frames);
    expect(upstream.requests[0]?.url.pathname).toBe(`/v1beta/models/${MODEL}:streamGenerateContent`);
  });

  test('a model id cannot lead to another path', async () => {
    using upstream = serveUpstream(() => eventStream(''));
    const backend = backendAt(upstream.url);
    await collect((await backend.generate({ ...request, model: 'a/b?c#d' }, exchange, never)).frames);
    expect(upstream.requests[0]?.url.pathname).toBe('/v1beta/models/a%2Fb%3Fc%23d:streamGenerateContent');
  });

  test('the environment changes nothing', async () => {
    using upstream = serveUpstream(() => eventStream(''));
    const around = {
      GOOGLE_GENAI_USE_VERTEXAI: 'true',
      GOOGLE_GENAI_USE_ENTERPRISE: 'true',
      GOOGLE_API_KEY: 'another-key',
      GEMINI_API_KEY: 'another-key',
      GOOGLE_CLOUD_PROJECT: 'a-project',
      GOOGLE_CLOUD_LOCATION: 'europe-west1',
      GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1',
      GOOGLE_GENAI_API_VERSION: 'v1',
    };
    Object.assign(process.env, around);
    try {
      await collect((await backendAt(upstream.url).generate(request, exchange, never)).frames);
    } finally {
      for (const name of Object.keys(around)) delete process.env[name];
    }
    expect(upstream.requests[0]?.url.pathname).toBe(`/v1beta/models/${MODEL}:streamGenerateContent`);
    expect(upstream.requests[0]?.headers.get('x-goog-api-key')).toBe(KEY);
  });

  test('a continuation token is left to us: one request only', async () => {
    const chunk = { candidates: [{ finishReason: 'CONTINUATION', continuationToken: 'VE9L' }] };
    using upstream = serveUpstream(() => eventStream(event(chunk)));
    const frames = await collect((await backendAt(upstream.url).generate(request, exchange, never)).frames);
    expect(frames).toEqual([{ kind: 'content', chunk }]);
    expect(upstream.requests).toHaveLength(1);
  });

  test('every request goes through the injected fetch, with its exchange', async () => {
    using upstream = serveUpstream(() => eventStream(''));
    const ids: string[] = [];
    const backend = backendAt(upstream.url, {
      fetch: (url, init, { id }) => {
        ids.push(id);
        return httpFetch(url, init, exchange);
      },
    });
    const run = async (id: string) =>
      collect((await backend.generate(request, { ...exchange, id }, never)).frames);
    await Promise.all([run('one'), run('two'), run('three')]);
    expect(ids.sort()).toEqual(['one', 'three', 'two']);
  });
});

describe('frames', () => {
  test('are what was sent, fields unknown to the SDK included', async () => {
    const chunks = [
      { ...textChunk('a'), modelVersion: 'x', somethingNew: [1] },
      { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'print(', index: 0 }] },
    ];
    using upstream = serveUpstream(() => eventStream(chunks.map(event).join('')));
    const { frames } = await backendAt(upstream.url).generate(request, exchange, never);
    expect(await collect(frames)).toEqual(chunks.map((chunk) => ({ kind: 'content', chunk })));
  });

  test('a unary answer is a stream of one chunk', async () => {
    const chunk = textChunk('all of it');
    using upstream = serveUpstream(() => Response.json(chunk));
    const { frames } = await backendAt(upstream.url).generate({ ...request, stream: false }, exchange, never);
    expect(await collect(frames)).toMatchObject([{ kind: 'content', chunk }]);
  });

  test('an empty body has none', async () => {
    using upstream = serveUpstream(() => new Response(null));
    const { frames } = await backendAt(upstream.url).generate(request, exchange, never);
    expect(await collect(frames)).toEqual([]);
  });

  test('come as their bytes arrive, before the stream ends', async () => {
    const stream = openStream([event(textChunk('first'))]);
    using upstream = serveUpstream(() => stream.response);
    const { frames } = await backendAt(upstream.url).generate(request, exchange, never);
    const iterator = frames[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual([{ kind: 'content', chunk: textChunk('first') }]);
    await iterator.return?.();
  });

  test('an error object inside a 200 is a frame, not an exception', async () => {
    const error = { code: 503, message: 'overloaded', status: 'UNAVAILABLE' };
    using upstream = serveUpstream(() =>
      eventStream(`${event(textChunk('a'))}${JSON.stringify({ error }, null, 2)}`),
    );
    const { frames } = await backendAt(upstream.url).generate(request, exchange, never);
    expect(await collect(frames)).toMatchObject([{ kind: 'content' }, { kind: 'error', error }]);
  });
});

describe('a bad head', () => {
  const google = {
    code: 503,
    message: 'This model is overloaded.',
    status: 'UNAVAILABLE',
    details: [{ a: 1 }],
  };
  const wrapped = JSON.stringify({ error: google }, null, 2);
  const cases: { name: string; status: number; body: string; message: string; google?: unknown }[] = [
    { name: 'bare', status: 503, body: wrapped, message: google.message, google },
    { name: 'in an array', status: 503, body: `[${wrapped}\n]`, message: google.message, google },
    { name: 'as an event', status: 503, body: event({ error: google }), message: google.message, google },
    { name: 'one line of text', status: 503, body: 'no healthy upstream\n', message: 'no healthy upstream' },
    {
      name: 'a page',
      status: 502,
      body: '<!DOCTYPE html><title>Error</title>',
      message: 'HTTP 502 Bad Gateway',
    },
    { name: 'nothing', status: 500, body: '', message: 'HTTP 500 Internal Server Error' },
    { name: 'JSON of another shape', status: 400, body: '{"detail":"nope"}', message: '{"detail":"nope"}' },
    { name: 'a redirect, which is not followed', status: 302, body: '', message: 'HTTP 302 Found' },
  ];
  for (const { name, status, body, message, google } of cases) {
    test(`${name} (${status}): its sentence is kept, and nothing is tried again`, async () => {
      const headers = status === 302 ? { location: '/elsewhere' } : {};
      using upstream = serveUpstream(() => new Response(body, { status, headers }));
      const error = await failure(backendAt(upstream.url).generate(request, exchange, never));
      expect(error).toBeInstanceOf(UpstreamError);
      expect(error).toMatchObject({ kind: 'status', status, message });
      expect((error as UpstreamError).google).toEqual(google as never);
      expect(upstream.requests).toHaveLength(1);
    });
  }
});

describe('counting', () => {
  test('sends the whole request in the form that Google counts', async () => {
    using upstream = serveUpstream(() => Response.json({ totalTokens: 1234, promptTokensDetails: [] }));
    expect(await backendAt(upstream.url).countTokens(MODEL, BODY, exchange, never)).toBe(1234);
    const [request] = upstream.requests;
    expect(request?.url.pathname).toBe(`/v1beta/models/${MODEL}:countTokens`);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      generateContentRequest: { model: `models/${MODEL}`, ...JSON.parse(BODY) },
    });
    expect(request?.headers.get('x-goog-api-key')).toBe(KEY);
  });

  const bad: { name: string; response: () => Response; error: object }[] = [
    {
      name: 'a bad head',
      response: () => Response.json({ error: { code: 429, message: 'quota' } }, { status: 429 }),
      error: { kind: 'status', status: 429, message: 'quota' },
    },
    {
      name: 'an error inside a 200',
      response: () => Response.json({ error: { code: 500, message: 'oops' } }),
      error: { kind: 'stream', status: 500, message: 'oops' },
    },
    { name: 'an answer without a count', response: () => Response.json({}), error: { kind: 'malformed' } },
  ];
  for (const { name, response, error } of bad) {
    test(`${name} is an error, never a number`, async () => {
      using upstream = serveUpstream(response);
      expect(await failure(backendAt(upstream.url).countTokens(MODEL, BODY, exchange, never))).toMatchObject(
        error,
      );
    });
  }
});

describe('keys', () => {
  test('a fingerprint tells keys apart and does not tell them', () => {
    const one = backendAt('http://127.0.0.1:1', { apiKey: KEY }).keyFingerprint;
    const other = backendAt('http://127.0.0.1:1', { apiKey: `${KEY}x` }).keyFingerprint;
    expect(one).toBe(backendAt('http://127.0.0.1:1').keyFingerprint);
    expect(one).not.toBe(other);
    expect(KEY).not.toContain(one);
    expect(one).toMatch(/^[\w-]{8}$/);
  });

  test('the mock has one of its own, whatever its key', () => {
    expect(backendAt('http://127.0.0.1:1', { kind: 'mock' }).keyFingerprint).toBe('mock');
  });
});
