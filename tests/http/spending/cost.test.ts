/** What requests have cost, as it is told: every figure below was worked out by hand from the tables of prices. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HealthAnswer } from '../../../src/http/api-description/answers.ts';
import type { TraceEvent } from '../../../src/trace/events.ts';
import { type Asked, busy, type Script, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleError, googleStream, hello, type TestProxy } from '../../support/proxy.ts';

type Spent = Extract<TraceEvent, { type: 'spent' }>;
const streamed = { ...hello, stream: true };

const answer = (usageMetadata: object, text = 'Hello', finishReason: string | undefined = 'STOP') => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason }],
  usageMetadata,
});
/** A stream that says this, and then nothing more. */
const unfinished = (chunk: object): Response => {
  const start = (controller: ReadableStreamDefaultController<string>) =>
    controller.enqueue(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
  const body = new ReadableStream({ start }).pipeThrough(new TextEncoderStream());
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
};

const giving =
  (usageMetadata: object): Script =>
  ({ stream }) =>
    stream ? googleStream(answer(usageMetadata)) : Response.json(answer(usageMetadata));

/** A request of Claude Code's size: 41,000 tokens of which 38,000 are cached, 900 out, 600 of them thoughts. */
const LARGE = {
  promptTokenCount: 41_000,
  cachedContentTokenCount: 38_000,
  candidatesTokenCount: 300,
  thoughtsTokenCount: 600,
};

async function asking<T>(
  script: Script,
  body: object,
  look: (proxy: TestProxy) => T,
  env: Record<string, string> = {},
): Promise<T> {
  const google = scriptedGoogle(script);
  await using proxy = await google.start(env);
  await google.finish(proxy.send('/v1/messages', body).then((response) => response.text()));
  return look(proxy);
}

const spentOn = (script: Script, body: object = streamed, env: Record<string, string> = {}) =>
  asking(script, body, (proxy) => proxy.told('spent'), env);

describe('the cost of an answer', () => {
  test.each([true, false])('with cached tokens and thoughts (stream %p)', async (stream) => {
    const [spent, ...others] = await spentOn(giving(LARGE), { ...hello, stream });
    expect(others).toEqual([]);
    // Argon: 3,000 × $2 + 38,000 × $0.10 + 900 × $10, each for a million.
    expect(spent?.dollars).toBeCloseTo(0.0188, 10);
    // Opus 5.5 by the list: 3,000 × $4 + 38,000 × $0.20 + 900 × $20.
    expect(spent?.listDollars).toBeCloseTo(0.0376, 10);
    expect(spent).toMatchObject({
      for: 'answer',
      model: 'gemini-4-argon',
      in: 3_000,
      cached: 38_000,
      out: 900,
      thinking: 600,
    });
  });

  const priced: readonly (readonly [string, string, object, number])[] = [
    // 1,000 × $1.50 + 100 × $7.50
    [
      'of the small model',
      'claude-haiku-5-5',
      { promptTokenCount: 1_000, candidatesTokenCount: 100 },
      0.00225,
    ],
    // 200,000 × $2 + 100 × $12
    [
      'of a prompt at the bound',
      'gemini-3.1-pro-preview',
      { promptTokenCount: 200_000, candidatesTokenCount: 100 },
      0.4012,
    ],
    // 200,001 × $4 + 100 × $18
    [
      'of a prompt above the bound',
      'gemini-3.1-pro-preview',
      { promptTokenCount: 200_001, candidatesTokenCount: 100 },
      0.801804,
    ],
    // (1,000 + 500) × $2: what Google's own tools have read is input.
    [
      'of what tools have read',
      'claude-opus-5-5',
      { promptTokenCount: 1_000, candidatesTokenCount: 0, toolUsePromptTokenCount: 500 },
      0.003,
    ],
  ];
  test.each(priced)('%s', async (_name, model, usage, dollars) => {
    const [spent] = await spentOn(giving(usage), { ...streamed, model });
    expect(spent?.dollars).toBeCloseTo(dollars, 10);
  });

  test('is the price of the day, also of a model that Google answers with another from a day on', async () => {
    const usage = { promptTokenCount: 1_000_000, candidatesTokenCount: 0 };
    const on = async (model: string, days: number) => {
      const google = scriptedGoogle(giving(usage));
      google.clock.setWall(days * 86_400_000);
      await using proxy = await google.start();
      await google.finish(proxy.send('/v1/messages', { ...streamed, model }).then((r) => r.text()));
      return proxy.told('spent')[0]?.dollars;
    };
    expect([await on('gemini-4-argon', 0), await on('gemini-4-argon', 1)]).toEqual([2, 4]);
    expect([await on('gemini-2.5-pro', 0), await on('gemini-2.5-pro', 1)]).toEqual([2.5, 0.75]);
  });

  test.each([
    ['a model that the table does not have', { model: 'gemini-9-xenon' }, LARGE],
    ['a tier of service that has no price', {}, { ...LARGE, serviceTier: 'PRIORITY' }],
  ])('is not guessed: %s', async (_name, changes, usage) => {
    const [spent] = await spentOn(giving(usage), { ...streamed, ...changes });
    expect(spent).toMatchObject({ in: 3_000, cached: 38_000, out: 900 });
    expect(spent?.dollars).toBeUndefined();
  });

  test('has no list price where the client asked for a model of Google', async () => {
    const [spent] = await spentOn(giving(LARGE), { ...streamed, model: 'gemini-4-argon' });
    expect(spent?.dollars).toBeCloseTo(0.0188, 10);
    expect(spent?.listDollars).toBeUndefined();
  });

  test('of a tier that a file gives a price', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prices-'));
    const file = join(folder, 'models.json');
    const price = [
      { input: 2, output: 10, cacheRead: 0.1 },
      { input: 1, output: 5, cacheRead: 0.05, service: 'flex' },
    ];
    writeFileSync(file, JSON.stringify([{ id: 'gemini-4-argon', price }]));
    try {
      const [spent] = await spentOn(giving({ ...LARGE, serviceTier: 'flex' }), streamed, {
        MODELS_FILE: file,
      });
      expect(spent?.dollars).toBeCloseTo(0.0094, 10);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('everything that was paid for is told', () => {
  const total = (told: readonly Spent[]) => told.reduce((sum, { dollars = Number.NaN }) => sum + dollars, 0);

  test('a refusal costs nothing, and an attempt that broke off costs what Google had counted', async () => {
    const half = answer({ promptTokenCount: 1_000, thoughtsTokenCount: 50 }, '', undefined);
    const told = await spentOn((asked, index) => {
      if (index === 0) return busy();
      return index === 1 ? googleStream(half) : giving(LARGE)(asked, index);
    });
    expect(told).toHaveLength(2);
    // 1,000 × $2 + 50 × $10: and Anthropic would have been asked once.
    expect(told[0]?.dollars).toBeCloseTo(0.0025, 10);
    expect(told[0]?.listDollars).toBeUndefined();
    expect(told.map(({ isLost }) => isLost)).toEqual([true, undefined]);
    expect(total(told)).toBeCloseTo(0.0213, 10);
  });

  test('with the model and the key that were paid', async () => {
    const refused = () =>
      googleError(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota. Please retry in 9s.');
    const [spent, attempts] = await asking(
      (asked, index) => (index === 0 ? refused() : giving(LARGE)(asked, index)),
      streamed,
      (proxy) => [proxy.told('spent'), proxy.told('attempt')] as const,
      { API_KEYS: 'key-one-aaaaaaaa,key-two-bbbbbbbb' },
    );
    expect(new Set(attempts.map(({ key }) => key)).size).toBe(2);
    expect(spent.map(({ key }) => key)).toEqual([attempts.at(-1)?.key ?? '']);
  });

  test('each part of an answer that comes in several', async () => {
    const usage = { promptTokenCount: 1_000, candidatesTokenCount: 100 };
    const part = { ...answer(usage, 'one, ', 'CONTINUATION') };
    const cut = {
      ...part,
      candidates: part.candidates.map((one) => ({ ...one, continuationToken: 'dG9rZW4=' })),
    };
    const told = await spentOn((_asked, index) => googleStream(index === 0 ? cut : answer(usage, 'two.')), {
      ...streamed,
      max_tokens: 128_000,
    });
    // Twice 1,000 × $2 + 100 × $10.
    expect(told.map(({ dollars }) => dollars)).toEqual([0.003, 0.003]);
  });

  test('a request for the rest of an answer that brought nothing of it, as lost', async () => {
    const usage = { promptTokenCount: 1_000, candidatesTokenCount: 100 };
    const part = answer(usage, 'one, ', 'CONTINUATION');
    const cut = {
      ...part,
      candidates: part.candidates.map((one) => ({ ...one, continuationToken: 'dG9rZW4=' })),
    };
    const answers = [cut, { usageMetadata: { promptTokenCount: 3_000 } }, answer(usage, 'two.')];
    const told = await spentOn((_asked, index) => googleStream(answers[index] ?? {}), {
      ...streamed,
      max_tokens: 128_000,
    });
    expect(told.map(({ dollars, isLost }) => [dollars, isLost])).toEqual([
      [0.003, undefined],
      [0.006, true],
      [0.003, undefined],
    ]);
  });

  test('thoughts after which no answer came in time, as lost', async () => {
    const google = scriptedGoogle(() =>
      unfinished({
        candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'So.', thought: true }] } }],
        usageMetadata: { promptTokenCount: 1_000, thoughtsTokenCount: 50 },
      }),
    );
    await using proxy = await google.start({ REQUEST_TIMEOUT: '20' });
    await google.finish(proxy.send('/v1/messages', streamed).then((response) => response.text()));
    const lost = { in: 1_000, out: 50, isLost: true, listDollars: undefined };
    expect(proxy.told('spent')).toMatchObject([lost]);
  });

  test('verdicts on calls, which Anthropic would not ask money for', async () => {
    const isCheck = ({ body }: Asked) => body.includes('# The action to judge');
    const calls = {
      candidates: [
        {
          index: 0,
          content: { role: 'model', parts: [{ functionCall: { name: 'Bash', args: { command: 'make' } } }] },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 2_000, candidatesTokenCount: 10 },
    };
    const body = {
      ...streamed,
      tools: [{ name: 'Bash', input_schema: { type: 'object' } }],
      safeguards: [{ type: 'dangerous_tool_use', classifier_context: { v: 1, permission_mode: 'auto' } }],
    };
    const told = await spentOn(
      (asked) =>
        isCheck(asked)
          ? Response.json(
              answer(
                { promptTokenCount: 400, candidatesTokenCount: 20 },
                '{"explanation":"x","verdict":"allow"}',
              ),
            )
          : googleStream(calls),
      body,
      { AUTO_MODE_CLASSIFIER: 'true' },
    );
    expect(told.map((one) => one.for)).toEqual(['answer', 'check']);
    // Argon: 2,000 × $2 + 10 × $10. Hydrogen: 400 × $1.50 + 20 × $7.50.
    expect(total(told)).toBeCloseTo(0.0041 + 0.00075, 10);
    expect(told[1]?.listDollars).toBeUndefined();
  });

  test.each([
    ['/test-connection', undefined],
    ['/ui/api/keys/test', {}],
  ])('the test of each key: %s', async (path, body) => {
    const google = scriptedGoogle(giving({ promptTokenCount: 2, candidatesTokenCount: 16 }));
    await using proxy = await google.start({ API_KEYS: 'key-one-aaaaaaaa,key-two-bbbbbbbb' });
    await google.finish(proxy.send(path, body, { 'x-inspector': '1' }));
    const told = proxy.told('spent');
    expect(told.map((one) => one.for)).toEqual(['test', 'test']);
    // Hydrogen, twice: 2 × $1.50 + 16 × $7.50.
    expect(total(told)).toBeCloseTo(2 * 0.000123, 10);
    const { usage } = (await (await proxy.send('/health')).json()) as HealthAnswer;
    expect(usage?.today).toMatchObject({ requests: 0, tokens_in: 4, tokens_out: 32 });
    expect(usage?.today.dollars).toBeCloseTo(2 * 0.000123, 10);
  });

  test('an answer that its client has left, as far as Google had counted', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const first = answer({ promptTokenCount: 1_000, candidatesTokenCount: 5 }, 'Hello', undefined);
    const google = scriptedGoogle(() => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) =>
          controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(first)}\n\n`)),
        cancel: () => leave(),
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    await using proxy = await google.start();
    const response = await google.finish(proxy.send('/v1/messages', streamed));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await left;
    // 1,000 × $2 + 5 × $10, before the end of the story.
    expect(proxy.told('spent').map(({ dollars }) => dollars)).toEqual([0.00205]);
    const types = proxy.story().map(({ type }) => type);
    expect(types.indexOf('end') === -1 || types.indexOf('spent') < types.indexOf('end')).toBe(true);
  });

  test('a count of tokens costs nothing', async () => {
    const google = scriptedGoogle(({ count }) =>
      count ? Response.json({ totalTokens: 42 }) : says({ stream: false }),
    );
    await using proxy = await google.start();
    const { max_tokens: _unused, ...body } = hello;
    await google.finish(proxy.send('/v1/messages/count_tokens', body));
    expect(proxy.told('spent')).toEqual([]);
  });
});

test('the log has the cost of a request, in its line and in its fields', async () => {
  const lines = await asking(giving(LARGE), streamed, (proxy) => proxy.lines);
  const line = lines.find((one) => one['path'] === '/v1/messages');
  expect(line).toMatchObject({ tokens_cached: 38_000 });
  expect(line?.['dollars']).toBeCloseTo(0.0188, 10);
  expect(line?.['list_dollars']).toBeCloseTo(0.0376, 10);
});
