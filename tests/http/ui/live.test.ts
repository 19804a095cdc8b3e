import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import { heldUpstream, turns } from '../../support/google/held-upstream.ts';
import {
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

const KEY = 'between-us-0123456789';
const asks = { ...hello, stream: true };

describe('the live list', () => {
  test('a request appears while it streams, and is told again when it has ended', async () => {
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch });
    const looker = await Looker.at(proxy);
    const answer = proxy.send('/v1/messages', asks);
    await upstream.asked;
    upstream.openHead();
    await turns();
    upstream.push(textChunk('Good'));
    await looker.until(({ list }) => list[0]?.state === 'streaming');
    expect(looker.list[0]).toMatchObject({ asked: hello.model, answered: 'gemini-4-argon', says: 'hello' });
    expect(looker.list[0]?.spans.at(-1)).toEqual({ kind: 'writing', from: expect.any(Number) });
    upstream.push(textChunk('bye', 'STOP'));
    upstream.close();
    await (await answer).text();
    await looker.until(allEnded(1));
    const { status, ending, in: tokens, cached, out } = looker.list[0] ?? {};
    expect([status, ending, tokens, cached, out]).toEqual([200, 'end_turn', 30, 10, 4]);
    looker.leave();
  });

  test('hello comes first; then the rows, the newest first, and the state', async () => {
    await using proxy = await startProxy();
    await (await proxy.send('/v1/messages', hello)).text();
    await (
      await proxy.send('/v1/messages', { ...hello, messages: [{ role: 'user', content: 'two' }] })
    ).text();
    const looker = await (await Looker.at(proxy)).until(allEnded(2));
    expect(looker.messages[0]).toMatchObject({
      type: 'hello',
      upstream: 'mock',
      baseUrl: proxy.url,
      needsKey: false,
      memoryLimit: 64 * 1024 * 1024,
    });
    expect(looker.list.map(({ says }) => says)).toEqual(['two', 'hello']);
    await looker.until(({ last }) => last.call(looker, 'state') !== undefined);
    expect(looker.last('state')).toMatchObject({ kept: 2, streaming: 0, notice: null, keysSign: 'good' });
    looker.leave();
  });

  test.each([
    [{ ...hello, max_tokens: 'many' }, 400, 'invalid_request_error', /max_tokens/],
    [{ ...hello, model: 'nobody-1' }, 404, 'not_found_error', /nobody-1/],
  ])('a refused request is a row that says why', async (body, status, ending, words) => {
    await using proxy = await startProxy();
    await (await proxy.send('/v1/messages', body)).text();
    const looker = await (await Looker.at(proxy)).until(allEnded(1));
    expect(looker.list[0]).toMatchObject({ status, ending, sign: 'failed' });
    expect(looker.list[0]?.words).toMatch(words);
    looker.leave();
  });

  test('a retry makes a row slow, with the reason, and a span for the failed attempt', async () => {
    const answers = [
      googleError(503, 'UNAVAILABLE', 'The model is overloaded.'),
      googleStream(textChunk('hi', 'STOP')),
    ];
    await using proxy = await startProxy({
      fetch: async () => answers.shift() ?? googleError(500, 'INTERNAL', 'no more'),
    });
    await (await proxy.send('/v1/messages', asks)).text();
    const looker = await (await Looker.at(proxy)).until(allEnded(1));
    expect(looker.list[0]).toMatchObject({ sign: 'slow', status: 200 });
    expect(looker.list[0]?.words).toContain('503 overloaded');
    expect(looker.list[0]?.spans.map(({ kind }) => kind)).toContain('waiting');
    looker.leave();
  });

  test('a page too many is told so', async () => {
    await using proxy = await startProxy();
    const lookers = await Promise.all(Array.from({ length: 17 }, () => Looker.at(proxy)));
    expect(lookers.map(({ status }) => status).sort()).toEqual([
      ...Array.from({ length: 16 }, () => 200),
      429,
    ]);
    for (const looker of lookers) looker.leave();
  });
});

describe('who may look', () => {
  let proxy: TestProxy;
  beforeAll(async () => {
    proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  const own = (): Record<string, string> => ({ 'x-api-key': KEY });
  const port = () => new URL(proxy.url).port;
  test.each<[string, () => Record<string, string>, number]>([
    ['with the key', own, 200],
    ['with the key as a bearer', () => ({ authorization: `Bearer ${KEY}` }), 200],
    ['without the key, though it is loopback', () => ({}), 401],
    ['with another key', () => ({ 'x-api-key': 'other' }), 401],
    ['the page itself', () => ({ ...own(), 'sec-fetch-site': 'same-origin', origin: proxy.url }), 200],
    ['a page of the web', () => ({ ...own(), origin: 'https://evil.example' }), 403],
    ['a page on another port of this machine', () => ({ ...own(), origin: 'http://localhost:1' }), 403],
    ['a sandboxed page', () => ({ ...own(), origin: 'null' }), 403],
    ['a name that somebody points here', () => ({ ...own(), host: `evil.example:${port()}` }), 403],
    ['a link of another site', () => ({ ...own(), ...link('cross-site') }), 403],
    ['a link of another port', () => ({ ...own(), ...link('same-site') }), 403],
    [
      'a script of another site',
      () => ({ ...own(), 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }),
      403,
    ],
  ])('%s', async (_who, headers, status) => {
    const looker = await Looker.at(proxy, headers());
    expect(looker.status).toBe(status);
    looker.leave();
  });

  test('CORS_ORIGINS opens the API, and not the inspector', async () => {
    await using open = await startProxy({ env: { PROXY_API_KEY: KEY, CORS_ORIGINS: '*' } });
    const looker = await Looker.at(open, { ...own(), origin: 'https://app.example' });
    expect(looker.status).toBe(403);
    const preflight = await fetch(`${open.url}/ui/api/live`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('INSPECTOR=false keeps nothing, and answers with a sentence', async () => {
    await using off = await startProxy({ env: { INSPECTOR: 'false' } });
    for (const path of ['/ui', '/ui/assets/main.ts', '/ui/api/live']) {
      const answer = await off.send(path, undefined, { accept: 'text/html' });
      expect([answer.status, (await answer.json()).error.message]).toEqual([
        404,
        expect.stringContaining('INSPECTOR=true'),
      ]);
    }
    const root = await off.send('/', undefined, { accept: 'text/html' });
    expect(await root.json()).toMatchObject({ service: 'gemini-claude-proxy' });
  });

  test('what the page asks for is no line of the log at INFO', async () => {
    await (await proxy.send('/ui')).text();
    const lines = proxy.lines.filter(({ path }) => path === '/ui');
    expect(lines.map(({ level }) => level)).not.toContain('info');
  });
});

const link = (site: string) => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
});
