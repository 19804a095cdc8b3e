import { describe, expect, test } from 'bun:test';
import { LIST_ROWS, LIST_SOURCE, listPriceOf } from '../../src/anthropic/list-prices.ts';
import { ratesOf } from '../../src/prices/prices.ts';

const AT = '2026-11-30';
const inputOf = (id: string, promptTokens = 1_000) => {
  const price = listPriceOf(id);
  return price && ratesOf(price, { at: AT, promptTokens })?.input;
};

describe('the list price of Anthropic', () => {
  test.each([
    ['claude-opus-5-5', 4],
    ['claude-opus-5-5-20261101', 4],
    ['claude-opus-5-5[1m]', 4],
    ['anthropic/claude-opus-5-5', 4],
    ['claude-sonnet-4-20250514', 3],
    ['claude-sonnet-4-0', 3],
    ['claude-sonnet-4-5@20250929', 3],
    ['claude-3-5-haiku-latest', 0.8],
    ['claude-haiku-4-5-20251001', 1],
    ['claude-fable-5-2', 8],
  ])('of %s', (id, input) => {
    expect(inputOf(id)).toBe(input);
  });

  test.each(['claude-opus-9', 'claude-opus-5-5-fast', 'gemini-4-argon', '', 'toString'])(
    'of %p is not guessed',
    (id) => expect(listPriceOf(id)).toBeUndefined(),
  );

  test('depends on the size of the prompt where the list says so', () => {
    expect([100_000, 100_001].map((size) => inputOf('claude-haiku-5-5', size))).toEqual([0.1, 0.5]);
  });

  test('has a source, and plausible rows', () => {
    expect(LIST_SOURCE.page).toMatch(/^https:/);
    for (const [, tiers] of LIST_ROWS) {
      for (const { input, output, cacheRead } of tiers) {
        expect(cacheRead).toBeLessThan(input);
        expect(input).toBeLessThan(output);
      }
    }
  });
});
