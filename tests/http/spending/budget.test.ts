/** DAILY_BUDGET_USD: a warning at 80 %, an end at 100 %, over restarts, workers and requests at the same time. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Script, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleStream, hello } from '../../support/proxy.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'budget-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const streamed = { ...hello, stream: true };
/** 100,000 × $2 + 2,500 × $10: 22.5 cents. */
const dear: Script = () =>
  googleStream({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 100_000, candidatesTokenCount: 2_500 },
  });

async function spending(env: Record<string, string>, script: Script = dear) {
  const google = scriptedGoogle(script);
  const proxy = await google.start({ DAILY_BUDGET_USD: '1', ...env });
  const ask = async (body: object = streamed) => {
    const response = await google.finish(proxy.send('/v1/messages', body));
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { google, proxy, ask };
}

describe('the budget of the day', () => {
  test('warns from 80 % on: once in the log, in the story, in the health', async () => {
    const { proxy, ask } = await spending({});
    await using _closing = proxy;
    for (let i = 0; i < 4; i++) await ask();
    expect(proxy.told('warning').filter(({ code }) => code === 'budget')).toEqual([]);
    await ask();
    expect(proxy.told('warning').filter(({ code }) => code === 'budget')).toMatchObject([
      { detail: '90 % of $1 (DAILY_BUDGET_USD) is spent today' },
    ]);
    const logged = proxy.lines.filter(({ msg }) => String(msg).startsWith('DAILY_BUDGET_USD'));
    expect(logged).toMatchObject([{ level: 'warn' }]);
    const health = await (await proxy.send('/health')).json();
    expect(health).toMatchObject({
      status: 'degraded',
      usage: { budget: { limit: 1, state: 'spent', resets_at: '2026-12-01T00:00:00.000Z' } },
    });
  });

  test('then refuses, with an error that ends the turn and says when there is more; the next day answers', async () => {
    const { proxy, ask, google } = await spending({});
    await using _closing = proxy;
    for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(200);
    const { status, headers, text } = await ask();
    expect([status, headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_600);
    const { error } = JSON.parse(text);
    expect(error.type).toBe('rate_limit_error');
    expect(error.message).toBe(
      'The daily budget of this proxy, $1 (DAILY_BUDGET_USD), is used up. It is there again at 2026-12-01 00:00 UTC.',
    );
    expect(google.asked).toHaveLength(5);
    const { max_tokens: _unused, ...count } = hello;
    const counted = await google.finish(proxy.send('/v1/messages/count_tokens', count));
    expect(counted.status).toBe(200);
    google.clock.setWall(86_400_000);
    expect((await ask()).status).toBe(200);
  });

  test('holds over a restart', async () => {
    const dataDir = folder();
    const first = await spending({ DATA_DIR: dataDir });
    for (let i = 0; i < 5; i++) await first.ask();
    await first.proxy[Symbol.asyncDispose]();
    const second = await spending({ DATA_DIR: dataDir });
    await using _closing = second.proxy;
    expect((await second.ask()).status).toBe(429);
    expect(second.google.asked).toHaveLength(0);
  });

  test('holds for several processes on one folder at once: what one has spent, the other knows', async () => {
    const dataDir = folder();
    const [one, two] = [await spending({ DATA_DIR: dataDir }), await spending({ DATA_DIR: dataDir })];
    await using _one = one.proxy;
    await using _two = two.proxy;
    for (let i = 0; i < 5; i++) await (i % 2 === 0 ? one : two).ask();
    expect([(await one.ask()).status, (await two.ask()).status]).toEqual([429, 429]);
  });

  test('is not overspent by requests at the same time: those that may take the rest are waited for', async () => {
    const { promise: let_, resolve: answer } = Promise.withResolvers<void>();
    const { proxy, google } = await spending({ DAILY_BUDGET_USD: '0.03' }, async (asked, index) => {
      await let_;
      return dear(asked, index);
    });
    await using _closing = proxy;
    // About a cent is reserved for each: the output that is usual.
    const asking = Array.from({ length: 8 }, () => proxy.send('/v1/messages', streamed));
    const refused = async () => (await Promise.race(asking)).status;
    expect(await refused()).toBe(429);
    answer();
    const all = await google.finish(Promise.all(asking));
    const early = all.filter(({ status }) => status === 429);
    expect(early.length).toBeGreaterThan(3);
    expect(early.every(({ headers }) => headers.get('retry-after') === '5')).toBe(true);
    expect(early.every(({ headers }) => headers.get('x-should-retry') === null)).toBe(true);
    await Promise.all(all.map((response) => response.text()));
  });

  test('does not hold a model whose price nobody knows, and the log says so', async () => {
    const { proxy, ask } = await spending({});
    await using _closing = proxy;
    for (let i = 0; i < 2; i++)
      expect((await ask({ ...streamed, model: 'gemini-9-xenon' })).status).toBe(200);
    const told = proxy.lines.filter(({ msg }) => String(msg).startsWith('what gemini-9-xenon costs'));
    expect(told).toMatchObject([{ level: 'warn' }]);
  });

  test('can be raised while the proxy serves', async () => {
    const { proxy, ask } = await spending({});
    await using _closing = proxy;
    for (let i = 0; i < 5; i++) await ask();
    expect((await ask()).status).toBe(429);
    proxy.reload({ DAILY_BUDGET_USD: '2' });
    expect((await ask()).status).toBe(200);
  });
});
