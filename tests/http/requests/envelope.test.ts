import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { hello, startProxy, type TestProxy } from '../../support/proxy.ts';

const REQUEST_ID = /^req_[A-Za-z0-9_-]{1,36}$/;
const MB = 1024 * 1024;

let proxy: TestProxy;
beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(() => proxy[Symbol.asyncDispose]());

const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${proxy.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json', ...headers },
  });

async function told(response: Response) {
  const id = response.headers.get('request-id');
  expect(id).toMatch(REQUEST_ID);
  expect(response.headers.get('content-type')).toBe('application/json');
  const body = await response.json();
  expect(body).toMatchObject({ type: 'error', request_id: id });
  return { status: response.status, type: body.error.type, message: String(body.error.message) };
}

type Case = [name: string, ask: () => Promise<Response>, status: number, type: string, message: RegExp];

describe('errors are the envelope, with their request-id', () => {
  const cases: Case[] = [
    [
      'malformed JSON',
      () => post('/v1/messages', '{"model":'),
      400,
      'invalid_request_error',
      /not valid JSON/,
    ],
    ['an empty body', () => post('/v1/messages', ''), 400, 'invalid_request_error', /empty/],
    [
      'a body that is a list',
      () => proxy.send('/v1/messages', []),
      400,
      'invalid_request_error',
      /dictionary/,
    ],
    [
      'a missing field',
      () => proxy.send('/v1/messages', { ...hello, max_tokens: undefined }),
      400,
      'invalid_request_error',
      /^max_tokens: Field required$/,
    ],
    [
      'an unknown model',
      () => proxy.send('/v1/messages', { ...hello, model: 'gpt-9' }),
      404,
      'not_found_error',
      /^model: gpt-9$/,
    ],
    ['an unknown path', () => proxy.send('/v1/nothing'), 404, 'not_found_error', /\/v1\/nothing/],
    [
      'an unknown path outside /v1',
      () => proxy.send('/nothing/at/all', {}),
      404,
      'not_found_error',
      /nothing/,
    ],
    ['a wrong method', () => proxy.send('/v1/messages'), 405, 'invalid_request_error', /POST/],
    ['a wrong method on GET', () => proxy.send('/v1/models', {}), 405, 'invalid_request_error', /GET, HEAD/],
    [
      'no version',
      () => fetch(`${proxy.url}/v1/messages`, { method: 'POST', body: JSON.stringify(hello) }),
      400,
      'invalid_request_error',
      /^anthropic-version: header is required$/,
    ],
    [
      'an unknown version',
      () => proxy.send('/v1/messages', hello, { 'anthropic-version': '2020-01-01' }),
      400,
      'invalid_request_error',
      /^anthropic-version: "2020-01-01" is not a valid version$/,
    ],
    [
      'a body over 32 MB',
      () => post('/v1/messages', new Uint8Array(33 * MB)),
      413,
      'request_too_large',
      /maximum size/,
    ],
    [
      'a body over 32 MB whose length is not told',
      () => post('/v1/messages', new Blob([new Uint8Array(33 * MB)]).stream()),
      413,
      'request_too_large',
      /maximum size/,
    ],
    [
      'a small gzip body that unpacks to over 32 MB',
      () => post('/v1/messages', gzipSync(new Uint8Array(33 * MB)), { 'content-encoding': 'gzip' }),
      413,
      'request_too_large',
      /maximum size/,
    ],
    [
      'gzip that is none',
      () => post('/v1/messages', 'plain', { 'content-encoding': 'gzip' }),
      400,
      'invalid_request_error',
      /not valid gzip/,
    ],
    [
      'another encoding',
      () => post('/v1/messages', 'x', { 'content-encoding': 'br' }),
      400,
      'invalid_request_error',
      /^request_body_encoding_unsupported/,
    ],
    ['an unknown model id', () => proxy.send('/v1/models/gpt-9'), 404, 'not_found_error', /^model: gpt-9$/],
    [
      'a count without messages',
      () => proxy.send('/v1/messages/count_tokens', { model: 'claude-opus-5-5' }),
      400,
      'invalid_request_error',
      /^messages: Field required$/,
    ],
  ];
  test.each(cases)('%s', async (_name, ask, status, type, message) => {
    expect(await told(await ask())).toEqual({ status, type, message: expect.stringMatching(message) });
  });

  test('405 names what the path serves', async () => {
    expect((await proxy.send('/v1/messages')).headers.get('allow')).toBe('POST');
  });

  test('after a refusal the connection still serves', async () => {
    await post('/v1/messages', new Uint8Array(33 * MB));
    expect((await proxy.send('/v1/models')).status).toBe(200);
  });
});

describe('request-id is on every response', () => {
  test.each([
    '/',
    '/health',
    '/livez',
    '/readyz',
    '/api/hello',
    '/v1/models',
    '/v1/models/claude-opus-5-5',
    '/test-connection',
    '/swagger',
    '/swagger/json',
    '/swagger/swagger-ui.css',
    '/nothing',
  ])('GET %s', async (path) => {
    expect((await proxy.send(path)).headers.get('request-id')).toMatch(REQUEST_ID);
  });

  test.each(['/', '/api/hello', '/v1/models', '/nothing'])('HEAD %s', async (path) => {
    const response = await fetch(`${proxy.url}${path}`, { method: 'HEAD' });
    expect(response.headers.get('request-id')).toMatch(REQUEST_ID);
    expect(response.status).toBe(path === '/nothing' ? 404 : 200);
  });

  test('no two are the same', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => proxy.send('/livez')));
    expect(new Set(responses.map((response) => response.headers.get('request-id'))).size).toBe(20);
  });
});

describe('what is accepted', () => {
  const ok = async (response: Promise<Response>) => expect((await response).status).toBe(200);

  test('both versions', async () => {
    await ok(proxy.send('/v1/messages', hello, { 'anthropic-version': '2026-10-21' }));
    await ok(proxy.send('/v1/messages', hello, { 'anthropic-version': '2023-06-01' }));
  });

  test('?beta=true, unknown fields, headers and betas', async () => {
    const headers = { 'anthropic-beta': 'novel-2027-01-01', 'x-novel': '1' };
    await ok(proxy.send('/v1/messages?beta=true', { ...hello, novel: { a: 1 } }, headers));
  });

  test('a gzip body', async () => {
    await ok(post('/v1/messages', gzipSync(JSON.stringify(hello)), { 'content-encoding': 'gzip' }));
  });

  test('a body without content-type', async () => {
    const body = new Blob([JSON.stringify(hello)]).stream();
    const headers = { 'anthropic-version': '2023-06-01' };
    await ok(fetch(`${proxy.url}/v1/messages`, { method: 'POST', body, headers }));
  });

  test('so many unknown fields that not each of them is told', async () => {
    await using own = await startProxy();
    const fields = Array.from({ length: 1_000 }, (_, i) => [`novel_${i}`, 0]);
    const response = await own.send('/v1/messages', { ...hello, ...Object.fromEntries(fields) });
    expect([response.status, (await response.json()).type]).toEqual([200, 'message']);
    const id = response.headers.get('request-id');
    const lines = own.lines.filter((line) => line['request_id'] === id);
    expect(lines.filter(({ code }) => code !== undefined)).toHaveLength(100);
    expect(lines.at(-1)).toMatchObject({ status: 200, warnings: 1_000 });
  });
});
