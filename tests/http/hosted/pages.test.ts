import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  GEMINI_KEY,
  googleError,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

describe('/v1/models', () => {
  let proxy: TestProxy;
  beforeAll(async () => {
    proxy = await startProxy();
  });
  afterAll(() => proxy[Symbol.asyncDispose]());
  const list = async (query = '') => (await proxy.send(`/v1/models${query}`)).json();
  const ids = (page: { data: { id: string }[] }) => page.data.map((model) => model.id);

  test('newest first, Claude ids among them, each with the limits of its Gemini model', async () => {
    const page = await list('?limit=1000');
    const dates: string[] = page.data.map((model: { created_at: string }) => model.created_at);
    expect(dates).toEqual([...dates].sort().reverse());
    expect(ids(page)).toContain('claude-opus-5-5');
    expect(ids(page)).toContain('gemini-4-argon');
    expect(page).toMatchObject({ has_more: false, first_id: ids(page)[0], last_id: ids(page).at(-1) });
    expect(page.data[0]).toMatchObject({
      type: 'model',
      lifecycle: 'active',
      max_input_tokens: expect.any(Number),
      capabilities: { image_input: { supported: true } },
    });
  });

  test('pages forward and backward meet', async () => {
    const all = ids(await list('?limit=1000'));
    const first = await list('?limit=3');
    expect([ids(first), first.has_more]).toEqual([all.slice(0, 3), true]);
    const second = await list(`?limit=3&after_id=${first.last_id}`);
    expect(ids(second)).toEqual(all.slice(3, 6));
    const back = await list(`?limit=2&before_id=${second.first_id}`);
    expect([ids(back), back.has_more]).toEqual([all.slice(1, 3), true]);
    const end = await list(`?limit=3&after_id=${all.at(-1)}`);
    expect(end).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });

  test.each(['limit=0', 'limit=1001', 'limit=two', 'after_id=nobody', 'before_id=nobody'])(
    '%s is a 400 that names it',
    async (query) => {
      const response = await proxy.send(`/v1/models?${query}`);
      expect(response.status).toBe(400);
      expect((await response.json()).error.message).toStartWith(`${query.split('=')[0]}: `);
    },
  );

  test('every listed model is found by its id, and so is a Claude id that is not listed', async () => {
    for (const id of [...ids(await list('?limit=1000')), 'claude-3-5-haiku-20241022']) {
      expect(await (await proxy.send(`/v1/models/${id}`)).json()).toMatchObject({ id, type: 'model' });
    }
  });
});

describe('/swagger', () => {
  test('is complete without any other host', async () => {
    await using proxy = await startProxy();
    const page = await (await proxy.send('/swagger')).text();
    const references = [...page.matchAll(/(?:src|href|url)(?:=|: )["']([^"']+)["']/g)].map(
      (match) => match[1] ?? '',
    );
    expect(references.filter((reference) => !/^(\/swagger\/|data:)/.test(reference))).toEqual([]);
    expect(page).not.toMatch(/https?:|\/\//);
    for (const reference of references.filter((one) => one.startsWith('/'))) {
      expect((await proxy.send(reference)).status).toBe(200);
    }
    expect((await proxy.send('/swagger/swagger-ui-bundle.js')).headers.get('content-type')).toStartWith(
      'text/javascript',
    );
    expect((await proxy.send('/swagger/swagger-ui.css')).headers.get('content-type')).toStartWith('text/css');
    const css = await (await proxy.send('/swagger/swagger-ui.css')).text();
    expect(css).not.toMatch(/url\(["']?https?:|@import/);
  });

  test('runs no script and no style but its own files', async () => {
    await using proxy = await startProxy();
    const response = await proxy.send('/swagger');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toStartWith("default-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(await response.text()).not.toMatch(/<style|<script>|<script [^>]*>[^<]|\son\w+=|style=/);
  });

  test('serves its assets and no other file', async () => {
    await using proxy = await startProxy();
    for (const name of ['package.json', '..%2Fpackage.json', 'constructor', 'swagger-ui.css.map']) {
      expect((await proxy.send(`/swagger/${name}`)).status).toBe(404);
    }
  });
});

describe('what operators ask', () => {
  test('/ says what this is', async () => {
    await using proxy = await startProxy();
    const body = await (await proxy.send('/')).json();
    expect(body).toMatchObject({
      service: 'gemini-claude-proxy',
      backend: 'mock',
      models: { big: 'gemini-4-argon' },
    });
  });

  test('/health turns degraded, then healthy again after a quiet minute, and shows no key', async () => {
    const clock = new ManualClock();
    const refuse = () =>
      googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
    const good = () => Response.json(textChunk('x', 'STOP'));
    const replies = [good, refuse, good];
    const fetch: Fetch = async () => replies.shift()?.() ?? refuse();
    await using proxy = await startProxy({ fetch, clock });
    const health = async () => {
      const response = await proxy.send('/health');
      const text = await response.text();
      expect(text).not.toContain(GEMINI_KEY);
      return { code: response.status, ...JSON.parse(text) };
    };
    await proxy.send('/v1/messages', hello);
    expect(await health()).toMatchObject({
      code: 200,
      status: 'healthy',
      backend: 'gemini',
      streams_in_flight: 0,
    });
    await proxy.send('/v1/messages', hello);
    expect(await health()).toMatchObject({
      code: 200,
      status: 'degraded',
      errors: { authentication_error: 1 },
      recent_errors: [{ type: 'authentication_error', request_id: expect.stringMatching(/^req_/) }],
    });
    await clock.advance(61_000);
    // Nothing has failed for a minute, but the only key was refused.
    expect(await health()).toMatchObject({ status: 'degraded', keys: [{ state: 'refused' }] });
    await proxy.send('/v1/messages', hello);
    expect(await health()).toMatchObject({ status: 'healthy', uptime_seconds: 61 });
  });

  test('/health tells digests of settings, and none of them to strangers', async () => {
    const env = {
      PROXY_API_KEY: 'between-us-two',
      GOOGLE_GEMINI_BASE_URL: 'http://me:hush-hush@127.0.0.1:1',
    };
    await using proxy = await startProxy({ fetch: async () => new Response(), env });
    const stranger = await (await proxy.send('/health?settings')).text();
    for (const word of ['settings', 'upstream_problem']) expect(stranger).not.toContain(word);
    const known = await proxy.send('/health?settings', undefined, { 'x-api-key': 'between-us-two' });
    const text = await known.text();
    expect(JSON.parse(text).settings).toMatchObject({ GOOGLE_GEMINI_BASE_URL: expect.any(String) });
    for (const secret of ['between-us-two', 'hush-hush', GEMINI_KEY]) expect(text).not.toContain(secret);
  });

  test('/health is 503 when nothing has worked for a minute, but not for mistakes of clients', async () => {
    const fetch: Fetch = async () => googleError(403, 'PERMISSION_DENIED', 'Denied.');
    await using proxy = await startProxy({ fetch });
    for (let i = 0; i < 5; i++) await proxy.send('/v1/messages', { ...hello, max_tokens: 'x' });
    expect((await proxy.send('/health')).status).toBe(200);
    for (let i = 0; i < 5; i++) await proxy.send('/v1/messages', hello);
    expect((await proxy.send('/health')).status).toBe(503);
  });

  test('/test-connection asks the small model', async () => {
    const urls: string[] = [];
    const fetch: Fetch = async (url) => {
      urls.push(url);
      return Response.json(textChunk('Hi', 'STOP'));
    };
    await using proxy = await startProxy({ fetch });
    const response = await proxy.send('/test-connection');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'success',
      model: 'gemini-4-hydrogen',
      latency_ms: expect.any(Number),
      keys: [{ status: 'ok' }],
    });
    expect(urls).toHaveLength(1);
    expect(urls[0]).toContain('gemini-4-hydrogen');
  });

  test('/test-connection tells what is wrong and what to do', async () => {
    const fetch: Fetch = async () =>
      googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
    await using proxy = await startProxy({ fetch });
    const response = await proxy.send('/test-connection');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'failed',
      error_type: 'authentication_error',
      guidance: expect.stringContaining('GEMINI_API_KEY'),
    });
  });
});

describe('count_tokens', () => {
  const counted = { model: 'claude-opus-5-5', messages: [{ role: 'user', content: 'foo' }], tools: [] };

  test("is Google's count", async () => {
    await using proxy = await startProxy({ fetch: async () => Response.json({ totalTokens: 42 }) });
    expect(await (await proxy.send('/v1/messages/count_tokens', counted)).json()).toEqual({
      input_tokens: 42,
    });
    expect(await (await proxy.send('/v1/messages/count_tokens?beta=true', counted)).json()).toEqual({
      input_tokens: 42,
      context_management: null,
    });
  });

  test('after the client’s edits, with the size before them', async () => {
    const sent: string[] = [];
    await using proxy = await startProxy({
      fetch: async (_, init) => {
        sent.push(String(init.body));
        return Response.json({ totalTokens: 42 });
      },
    });
    const use = (id: string) => [
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Read', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'word '.repeat(400) }] },
    ];
    const edit = { type: 'clear_tool_uses_20250919', trigger: { type: 'tool_uses', value: 1 } };
    const request = (keep: number) => ({
      ...counted,
      messages: [...counted.messages, ...use('a'), ...use('b')],
      context_management: { edits: [{ ...edit, keep: { type: 'tool_uses', value: keep } }] },
      compaction: { type: 'summarize' },
    });
    const count = async (keep: number) =>
      (await proxy.send('/v1/messages/count_tokens', request(keep))).json();
    expect(await count(2)).toEqual({ input_tokens: 42, context_management: { original_input_tokens: 42 } });
    const one = await count(1);
    const both = await count(0);
    expect(one.context_management.original_input_tokens).toBeGreaterThan(42 + 200);
    const twice = 2 * (one.context_management.original_input_tokens - 42);
    // Estimates are rounded.
    expect(Math.abs(both.context_management.original_input_tokens - 42 - twice)).toBeLessThanOrEqual(1);
    expect(sent.map((body) => body.split('word word').length > 1)).toEqual([true, true, false]);
  });

  test('is estimated where Google cannot be asked now, which is a warning', async () => {
    await using proxy = await startProxy({
      fetch: async () => googleError(503, 'UNAVAILABLE', 'overloaded'),
    });
    const text = 'word '.repeat(400);
    const image = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(40_000) },
    };
    const messages = [{ role: 'user', content: [{ type: 'text', text }, image] }];
    const { input_tokens } = await (
      await proxy.send('/v1/messages/count_tokens', { ...counted, messages })
    ).json();
    expect(input_tokens).toBeGreaterThan(400);
    expect(input_tokens).toBeLessThan(1500);
    expect(proxy.told('warning')).toContainEqual(expect.objectContaining({ path: 'input_tokens' }));
  });

  test('is an error where Google refuses the request', async () => {
    await using proxy = await startProxy({
      fetch: async () => googleError(404, 'NOT_FOUND', 'models/x is not found'),
    });
    expect((await proxy.send('/v1/messages/count_tokens', counted)).status).toBe(404);
  });
});

describe('the log', () => {
  test('one line a request, with what it was and what became of it', async () => {
    await using proxy = await startProxy({ fetch: async () => Response.json(textChunk('hi', 'STOP')) });
    await proxy.send('/v1/messages', hello, { 'user-agent': 'claude-cli/2.1.330 (external, cli)' });
    const lines = proxy.lines.filter((line) => line['level'] === 'info');
    expect(lines).toEqual([
      expect.objectContaining({
        method: 'POST',
        path: '/v1/messages',
        status: 200,
        caller: 'helper',
        model: 'claude-opus-5-5',
        gemini_model: 'gemini-4-argon',
        stream: false,
        tokens_in: 20,
        tokens_cached: 10,
        tokens_out: 4,
        stop_reason: 'end_turn',
        duration_ms: expect.any(Number),
        request_id: expect.stringMatching(/^req_/),
      }),
    ]);
    expect(JSON.stringify(proxy.lines)).not.toContain('hello');
  });

  test('probes of orchestrators are not at INFO', async () => {
    await using proxy = await startProxy();
    for (const path of ['/livez', '/readyz', '/health', '/api/hello']) await proxy.send(path);
    expect(proxy.lines.filter((line) => line['level'] !== 'debug')).toEqual([]);
  });
});
