/** Chance and pace in scenarios: by seed and by the place of a request, never by the order of arrival. */
import { describe, expect, test } from 'bun:test';
import { createSeededRandom } from '../../../src/lib/ports.ts';
import { draw } from '../../../src/sim/mock/chance.ts';
import { parseScenario } from '../../../src/sim/scenario/read.ts';
import type { Distribution } from '../../../src/sim/scenario/types.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { BASE, fakeExchange, mockFetch, post, userSays } from './harness.ts';

const URL = `${BASE}/gemini-4-argon:streamGenerateContent?alt=sse`;

const scenario = (rule: string, head = '') =>
  parseScenario(`name: t\ndescription: d\n${head}\nrules:\n  - { name: r, ${rule} }`, 't.yaml');

const WAYS = 'one_of: [{ text: often, weight: 6 }, { text: seldom }, { error: http-503, weight: 3 }]';

const mockOf = (seed: number, rule = WAYS) => {
  const fetch = mockFetch({ scenarios: [scenario(rule)], seed });
  return async (words: string): Promise<string> => {
    const response = await fetch(URL, post({ contents: [userSays(words)] }), fakeExchange());
    const text = await response.text();
    return response.ok ? (/often|seldom|cut/.exec(text)?.[0] ?? text) : String(response.status);
  };
};

const PROMPTS = Array.from({ length: 200 }, (_, index) => `prompt ${index}`);
const answersOf = async (ask: (words: string) => Promise<string>, prompts = PROMPTS) => {
  const told: Record<string, string> = {};
  for (const prompt of prompts) told[prompt] = await ask(prompt);
  return told;
};

describe('alternatives', () => {
  test('come by their weights', async () => {
    const counts = new Map<string, number>();
    for (const answer of Object.values(await answersOf(mockOf(1))))
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const [often = 0, refused = 0, seldom = 0] = ['often', '503', 'seldom'].map((key) => counts.get(key));
    expect(often + refused + seldom).toBe(PROMPTS.length);
    expect(often).toBeGreaterThan(refused);
    expect(refused).toBeGreaterThan(seldom);
    expect(seldom).toBeGreaterThan(0);
  });

  test('are the same for the same seed, in whatever order and however many at once', async () => {
    const first = await answersOf(mockOf(7));
    expect(await answersOf(mockOf(7), PROMPTS.toReversed())).toEqual(first);
    const ask = mockOf(7);
    const shuffled = PROMPTS.toSorted((a, b) => (Bun.hash(a) < Bun.hash(b) ? -1 : 1));
    const atOnce = await Promise.all(shuffled.map(async (prompt) => [prompt, await ask(prompt)] as const));
    expect(Object.fromEntries(atOnce)).toEqual(first);
    expect(await answersOf(mockOf(8))).not.toEqual(first);
  });

  test('are drawn anew for another attempt, and the same request gets the same answer', async () => {
    const ask = mockOf(3);
    const all = await answersOf(ask);
    const good = PROMPTS.filter((prompt) => all[prompt] !== '503');
    for (const prompt of good) expect([prompt, await ask(prompt)]).toEqual([prompt, all[prompt] ?? '']);
    const bad = PROMPTS.filter((prompt) => all[prompt] === '503');
    const second = await Promise.all(bad.map(ask));
    expect(second).toContain('often');
    expect(second).toContain('503');
  });

  test('may spoil: a fault alone, or none', async () => {
    const spoiling = scenario('one_of: [{ fault: refused, weight: 1 }, { text: often, weight: 1 }]');
    const fetch = mockFetch({ scenarios: [spoiling], seed: 2 });
    const ends = await Promise.all(
      PROMPTS.slice(0, 40).map((words) =>
        fetch(URL, post({ contents: [userSays(words)] }), fakeExchange()).then(
          () => 'answered',
          () => 'refused',
        ),
      ),
    );
    expect(new Set(ends)).toEqual(new Set(['answered', 'refused']));
  });

  test('a fault with a probability hangs on the place, too', async () => {
    const rule = 'text: often, fault: cut byte=0 p=0.5';
    const cut = async (prompts: readonly string[]) => {
      const fetch = mockFetch({ scenarios: [scenario(rule)], seed: 5 });
      const rows = prompts.map(async (words) => {
        const response = await fetch(URL, post({ contents: [userSays(words)] }), fakeExchange());
        return [words, (await response.text()) === ''] as const;
      });
      return Object.fromEntries(await Promise.all(rows));
    };
    const first = await cut(PROMPTS);
    expect(new Set(Object.values(first))).toEqual(new Set([true, false]));
    expect(await cut(PROMPTS.toReversed())).toEqual(first);
  });
});

const drawn = (distribution: Distribution, count = 4_000) => {
  const random = createSeededRandom(1);
  return Array.from({ length: count }, () => draw(distribution, random)).toSorted((a, b) => a - b);
};
const at = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;

describe('distributions', () => {
  test.each<[string, string, readonly [p05: number, p50: number, p95: number]]>([
    ['fixed', '{ fixed: 800 }', [800, 800, 800]],
    ['uniform', '{ uniform: [400, 1400] }', [450, 900, 1350]],
    ['normal', '{ normal: [800, 100] }', [635, 800, 965]],
    ['lognormal', '{ lognormal: [600, 0.5] }', [263, 600, 1366]],
    ['quantiles', '{ p50: 600, p95: 2000 }', [180, 600, 2000]],
    ['a number varies by half', '800', [440, 800, 1160]],
  ])('%s: %s', (_name, figure, expected) => {
    const { pace } = scenario('text: x', `pace: { first_ms: ${figure} }`);
    const all = pace ? drawn(pace.firstMs) : [];
    for (const [index, share] of [0.05, 0.5, 0.95].entries())
      expect(Math.abs(at(all, share) / (expected[index] ?? 0) - 1)).toBeLessThan(0.06);
  });

  test('no wait is below zero', () => {
    expect(drawn({ kind: 'normal', mean: 1, deviation: 50 })[0]).toBe(0);
  });
});

describe('pace', () => {
  /** Milliseconds until the first event, and until the end. */
  async function timesOf(words: string, pace: string, seed = 1): Promise<[first: number, end: number]> {
    const clock = new ManualClock();
    const scenarios = [scenario('text: { repeat: "a word ", times: 100 }', `pace: ${pace}`)];
    const fetch = mockFetch({ scenarios, clock, pace: 'human', seed });
    const response = await fetch(URL, post({ contents: [userSays(words)] }), fakeExchange());
    const reader = response.body?.getReader();
    const times: number[] = [];
    const reading = (async () => {
      while (reader && !(await reader.read()).done) times.push(clock.monotonic());
    })();
    let over = false;
    void reading.then(() => {
      over = true;
    });
    while (!over) await clock.advance(10);
    return [times[0] ?? 0, times.at(-1) ?? 0];
  }

  test('first token and speed are drawn once for each answer', async () => {
    const pace = '{ first_ms: { uniform: [1000, 9000] }, tokens_per_second: { fixed: 50 } }';
    const [first, end] = await timesOf('one', pace);
    expect(first).toBeGreaterThan(1_000);
    const [otherFirst] = await timesOf('two', pace);
    expect(otherFirst).not.toBe(first);
    expect(await timesOf('one', pace)).toEqual([first, end]);
    expect((await timesOf('one', pace, 9))[0]).not.toBe(first);
    const seconds = (end - first) / 1_000;
    expect(Math.abs(seconds - 700 / 4 / 50)).toBeLessThan(1);
  });
});
