/** `CACHE_CONTROL=explicit` through the whole proxy, with the SDK, against a Google that keeps prompts. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { turns, until } from '../../support/google/held-upstream.ts';
import {
  type AskedOfKeeping,
  type KeepingOptions,
  keepingGoogle,
} from '../../support/google/keeping-google.ts';
import { GEMINI_KEY, googleError, type TestProxy } from '../../support/proxy.ts';

const EPHEMERAL = { type: 'ephemeral' } as const;
const TOKENS = 50_000;
const MINUTE = 60_000;

type TalkOptions = { session?: string; tokens?: number; ttl?: '5m' | '1h'; model?: string };

/** A conversation as Claude Code has it: marks on the system prompt and on the last message. */
function conversation({ url }: TestProxy, options: TalkOptions = {}) {
  const { session = 'session-1', tokens = TOKENS, ttl, model = 'claude-opus-5-5' } = options;
  const sdk = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
  const cache_control = { ...EPHEMERAL, ...(ttl ? { ttl } : {}) };
  const said: Anthropic.MessageParam[] = [];
  const ask = (text: string) =>
    sdk.messages.stream({
      model,
      max_tokens: 1_000,
      metadata: { user_id: JSON.stringify({ session_id: session }) },
      system: [{ type: 'text', text: 'word'.repeat(tokens), cache_control }],
      messages: [...said, { role: 'user', content: [{ type: 'text', text, cache_control }] }],
    });
  return {
    said,
    ask,
    async turn(text = `question ${said.length}`) {
      const message = await ask(text).finalMessage();
      said.push({ role: 'user', content: text }, { role: 'assistant', content: message.content as never });
      return message.usage;
    },
    async turns(count: number) {
      const usages: Anthropic.Usage[] = [];
      for (let i = 0; i < count; i++) usages.push(await this.turn());
      return usages;
    },
  };
}

const figures = ({ input_tokens, cache_creation_input_tokens, cache_read_input_tokens }: Anthropic.Usage) => [
  input_tokens,
  cache_creation_input_tokens,
  cache_read_input_tokens,
];
const reads = (google: { of(what: 'generate'): AskedOfKeeping[] }) =>
  google.of('generate').map(({ name }) => name !== undefined);
const started = async (options: KeepingOptions = {}, env: Record<string, string> = {}) => {
  const google = keepingGoogle(options);
  const proxy = await google.start(env);
  return { google, proxy, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
};
const warnings = ({ lines }: TestProxy) =>
  lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);

describe('a conversation', () => {
  test('is kept at its third request, and read from then on', async () => {
    await using run = await started();
    const usages = await conversation(run.proxy).turns(6);
    expect(run.google.asked.map(({ what }) => what)).toEqual([
      'generate',
      'generate',
      'generate',
      'keep',
      'generate',
      'generate',
      'generate',
    ]);
    expect(usages.map(figures)).toEqual([
      [50_003, 0, 0],
      [50_159, 0, 0],
      [0, 50_315, 0],
      [156, 0, 50_315],
      [312, 0, 50_315],
      [468, 0, 50_315],
    ]);
    const [kept] = run.google.of('keep');
    expect(kept?.body).toMatchObject({ model: 'models/gemini-3.8-flash', ttl: '300s' });
    expect(Object.keys(run.google.of('generate')[3]?.body ?? {}).sort()).toEqual([
      'cachedContent',
      'contents',
      'generationConfig',
    ]);
  });

  test('counts what Google has read, however it was sent: clients add the three', async () => {
    const counts = async (env: Record<string, string>) => {
      await using run = await started({}, env);
      const usages = await conversation(run.proxy).turns(6);
      return usages.map((usage) => figures(usage).reduce((sum, one) => (sum ?? 0) + (one ?? 0), 0));
    };
    expect(await counts({})).toEqual(await counts({ CACHE_CONTROL: 'implicit' }));
  });

  test('tells what was written by how long it is kept, in a stream and in a whole answer', async () => {
    await using run = await started();
    const sdk = new Anthropic({ baseURL: run.proxy.url, apiKey: 'any', maxRetries: 0 });
    const cache_control = { ...EPHEMERAL, ttl: '1h' as const };
    const body = {
      model: 'claude-opus-5-5',
      max_tokens: 100,
      system: [{ type: 'text' as const, text: 'word'.repeat(TOKENS), cache_control }],
      messages: [{ role: 'user' as const, content: 'hello' }],
    };
    const usages = [];
    for (let i = 0; i < 6; i++) usages.push((await sdk.messages.create(body)).usage);
    const written = usages.filter((usage) => (usage.cache_creation_input_tokens ?? 0) > 0);
    expect(written).toMatchObject([
      {
        input_tokens: 2,
        cache_creation_input_tokens: TOKENS,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: TOKENS },
      },
    ]);
    expect(run.google.of('keep').map(({ body: { ttl } }) => ttl)).toEqual(['3600s']);
  });

  test('nothing is kept where Google caches by itself, where a model keeps nothing, or without marks', async () => {
    await using implicit = await started({ implicit: true });
    await conversation(implicit.proxy).turns(6);
    await using newer = await started({}, { BIG_MODEL: 'gemini-4-argon' });
    await conversation(newer.proxy).turns(6);
    await using small = await started();
    await conversation(small.proxy, { tokens: 3_000 }).turns(6);
    await using off = await started({}, { CACHE_CONTROL: 'implicit' });
    await conversation(off.proxy).turns(6);
    const asked = [implicit, newer, small, off].map(({ google }) =>
      google.asked.filter(({ what }) => what !== 'generate'),
    );
    expect(asked.map((all) => all.filter(({ what }) => what !== 'other'))).toEqual([[], [], [], []]);
  });

  test('requests at the same time have it kept once', async () => {
    await using run = await started();
    const talk = conversation(run.proxy);
    await talk.turns(2);
    await Promise.all(Array.from({ length: 5 }, () => talk.ask('the same').finalMessage()));
    expect(run.google.of('keep')).toHaveLength(1);
  });

  test('what has grown is kept anew when that pays, and the old one is let go', async () => {
    await using run = await started();
    const talk = conversation(run.proxy, { tokens: 6_000 });
    await talk.turns(3);
    for (let i = 0; i < 6; i++) await talk.turn(`long ${i} `.repeat(4_000));
    const [first, second] = run.google.of('keep');
    expect(JSON.stringify(second?.body).length).toBeGreaterThan(JSON.stringify(first?.body).length);
    await until(() => run.google.of('let-go').length === run.google.of('keep').length - 1);
    await talk.turn();
    const names = run.google.of('generate').flatMap(({ name }) => name ?? []);
    const gone = run.google.of('let-go').map(({ name }) => name);
    expect(gone).toContain(names[0] as string);
    expect(gone).not.toContain(names.at(-1) as string);
  });

  test('is kept on where more than half of its time is over, and forgotten where all of it is', async () => {
    await using run = await started();
    const talk = conversation(run.proxy);
    await talk.turns(4);
    await run.google.clock.advance(3 * MINUTE);
    await talk.turn();
    await run.google.clock.advance(4 * MINUTE);
    await talk.turn();
    expect(run.google.of('keep-on').map(({ body }) => body)).toEqual([{ ttl: '300s' }, { ttl: '300s' }]);
    expect(reads(run.google)).toEqual([false, false, false, true, true, true]);
    await run.google.clock.advance(6 * MINUTE);
    await talk.turn();
    expect(reads(run.google).at(-1)).toBe(false);
    expect(warnings(run.proxy)).toEqual([]);
  });

  test('a document before other questions is kept by itself', async () => {
    await using run = await started();
    const sdk = new Anthropic({ baseURL: run.proxy.url, apiKey: 'any', maxRetries: 0 });
    const usages = [];
    for (let i = 0; i < 4; i++) {
      const content: Anthropic.ContentBlockParam[] = [
        {
          type: 'document',
          source: { type: 'text', media_type: 'text/plain', data: 'text '.repeat(TOKENS) },
          cache_control: EPHEMERAL,
        },
        { type: 'text', text: `question ${i}` },
      ];
      const message = {
        model: 'claude-opus-5-5',
        max_tokens: 1_000,
        messages: [{ role: 'user' as const, content }],
      };
      usages.push((await sdk.messages.create(message)).usage);
    }
    expect(run.google.of('generate')[3]?.body['contents']).toEqual([
      { role: 'user', parts: [{ text: 'question 3' }] },
    ]);
    expect(usages[3]?.cache_read_input_tokens).toBe(usages[2]?.cache_creation_input_tokens as number);
  });

  test('the log says what was kept, and what of the session came from the cache', async () => {
    await using run = await started();
    await conversation(run.proxy).turns(4);
    const [kept] = run.proxy.lines.filter(({ msg }) => msg === 'prompt kept');
    expect(kept).toMatchObject({ tokens: 50_315, ttl: '5m', gemini_model: 'gemini-3.8-flash' });
    const [spent] = run.proxy.told('spent').filter((event) => event.for === 'cache');
    expect(spent).toMatchObject({ model: 'gemini-3.8-flash', in: 50_315, cached: 0 });
    // Read once at 0.75 dollars for a million tokens, and stored for five minutes at 1 dollar for an hour.
    expect(spent?.dollars).toBeCloseTo((50_315 * (0.75 + 1 / 12)) / 1_000_000, 10);
    const lines = run.proxy.lines.filter(({ path }) => path === '/v1/messages');
    expect(lines.map((line) => line['tokens_cache_written'])).toEqual([
      undefined,
      undefined,
      50_315,
      undefined,
    ]);
    expect(lines.map((line) => line['session_cached_percent'])).toEqual([0, 0, 0, 25]);
  });
});

describe('nothing is lost', () => {
  const GONE = () => googleError(403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)');

  test('where Google no longer knows what is kept, the whole request goes out at once', async () => {
    await using run = await started();
    const talk = conversation(run.proxy);
    await talk.turns(4);
    await run.google.lose(GEMINI_KEY);
    expect(figures(await talk.turn())).toEqual([50_627, 0, 0]);
    expect(reads(run.google).slice(4)).toEqual([true, false]);
    expect(warnings(run.proxy)).toEqual(['a kept prompt was refused: the request was sent whole']);
    expect(figures(await talk.turn())).toEqual([0, 50_783, 0]);
    await talk.turn();
    expect(reads(run.google).at(-1)).toBe(true);
  });

  test.each([
    ['403', GONE],
    ['404', () => googleError(404, 'NOT_FOUND', 'Not found: cache content metadata 8754364356910645200.')],
    ['400', () => googleError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.')],
  ])('a %s costs no retry, and says nothing of the key and the model', async (status, refusal) => {
    await using run = await started({
      instead: ({ what, name }) => (what === 'generate' && name ? refusal() : undefined),
    });
    const talk = conversation(run.proxy);
    await talk.turns(6);
    const again = run.proxy.told('step').map(({ step, cost }) => [step, cost]);
    expect(new Set(again.map(String))).toEqual(new Set(['resend,nothing']));
    expect(run.proxy.told('chosen').every(({ model }) => model === 'gemini-3.8-flash')).toBe(true);
    // A request that Google does not take with a kept prompt would be refused each time.
    if (status === '400') expect(run.google.of('keep')).toHaveLength(1);
    if (status === '400') expect(run.google.of('let-go')).toHaveLength(1);
  });

  test('a request that Google refuses whole as well says nothing of what is kept', async () => {
    let isRefused = false;
    await using run = await started({
      instead: ({ what }) =>
        isRefused && what === 'generate'
          ? googleError(400, 'INVALID_ARGUMENT', 'The document has no pages.')
          : undefined,
    });
    const talk = conversation(run.proxy);
    await talk.turns(4);
    isRefused = true;
    await expect(talk.turn()).rejects.toThrow('no pages');
    isRefused = false;
    await talk.turn();
    expect(reads(run.google).at(-1)).toBe(true);
    expect(run.google.of('keep')).toHaveLength(1);
  });

  test.each([
    ['refused', () => googleError(400, 'INVALID_ARGUMENT', 'no'), 1],
    ['out of quota', () => googleError(429, 'RESOURCE_EXHAUSTED', 'limit exceeded'), 1],
    ['answered with a page', () => new Response('<html>', { status: 200 }), 1],
    [
      'too small',
      () =>
        googleError(
          400,
          'INVALID_ARGUMENT',
          'Cached content is too small. total_token_count=1, min_total_token_count=90000',
        ),
      1,
    ],
  ])('keeping is %s: every answer comes, and it is not asked again at once', async (_what, reply, times) => {
    await using run = await started({ instead: ({ what }) => (what === 'keep' ? reply() : undefined) });
    const usages = await conversation(run.proxy).turns(6);
    expect(usages.map((usage) => figures(usage).slice(1))).toEqual(Array(6).fill([0, 0]));
    expect(run.google.of('keep')).toHaveLength(times);
    expect(warnings(run.proxy)).toEqual(['a prompt could not be kept: requests are sent whole']);
  });

  test('no answer waits for what is being kept', async () => {
    const never = new Promise<Response>(() => {});
    const google = keepingGoogle({
      slow: false,
      instead: ({ what }) => (what === 'keep' ? never : undefined),
    });
    const proxy = await google.start();
    const usages = await conversation(proxy).turns(6);
    expect(reads(google)).toEqual(Array(6).fill(false));
    expect(usages.map((usage) => usage.cache_creation_input_tokens)).toEqual(Array(6).fill(0));
    expect(google.of('keep')).toHaveLength(1);
    const closing = proxy[Symbol.asyncDispose]();
    await until(() => google.clock.sleeping > 0);
    await turns();
    await google.clock.advance(3_000);
    await closing;
  });

  test('what is kept for one key is read with that key alone', async () => {
    let isOut = false;
    await using run = await started(
      {
        instead: ({ what, key }) =>
          isOut && what === 'generate' && key === first
            ? googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for metric: x, limit: 0, model: y')
            : undefined,
      },
      { API_KEYS: 'key-one-0123456789,key-two-0123456789' },
    );
    const talk = conversation(run.proxy);
    await talk.turns(4);
    const first = run.google.asked.find(({ what }) => what === 'generate')?.key;
    isOut = true;
    await talk.turn();
    const last = run.google.of('generate').at(-1);
    expect(last?.key).not.toBe(first as string);
    expect(last?.name).toBeUndefined();
    for (const { key, name } of run.google.of('generate')) if (name) expect(key).toBe(first as string);
  });
});

describe('at the end', () => {
  test('all that is kept is let go', async () => {
    const google = keepingGoogle();
    const proxy = await google.start();
    for (const session of ['a', 'b'])
      await conversation(proxy, { session, tokens: session === 'a' ? 50_000 : 40_000 }).turns(4);
    const names = new Set(google.of('generate').flatMap(({ name }) => name ?? []));
    await proxy[Symbol.asyncDispose]();
    expect(new Set(google.of('let-go').flatMap(({ name }) => name ?? []))).toEqual(names);
    expect(names.size).toBe(2);
  });

  test('a Google that does not answer holds up nobody', async () => {
    const never = new Promise<Response>(() => {});
    const google = keepingGoogle({ instead: ({ what }) => (what === 'let-go' ? never : undefined) });
    const proxy = await google.start();
    await conversation(proxy).turns(4);
    const closing = proxy[Symbol.asyncDispose]();
    await until(() => google.of('let-go').length === 1);
    await turns();
    await google.clock.advance(3_000);
    await closing;
  });
});

test('while recording nothing is kept', async () => {
  const google = keepingGoogle();
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  {
    await using proxy = await google.start({ RECORD: folder });
    await conversation(proxy, { tokens: 5_000 }).turns(4);
  }
  rmSync(folder, { recursive: true });
  expect(google.of('keep')).toEqual([]);
});
