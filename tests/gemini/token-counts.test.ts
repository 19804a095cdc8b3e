import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { tokenCount, tokenCounts } from '../../src/gemini/token-counts.ts';

describe('a token count', () => {
  test.each<[value: unknown, count: number | undefined]>([
    [0, 0],
    [12, 12],
    [12.4, 12],
    ['12', 12],
    [' 12 ', 12],
    ['12.0', 12],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, undefined],
    [1e300, undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['12 tokens', undefined],
    [[12], undefined],
    [{ value: 12 }, undefined],
    [true, undefined],
    [null, undefined],
  ])('%p is %p', (value, count) => {
    expect(tokenCount(value)).toBe(count);
  });

  test('is a whole number of tokens or nothing, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const count = tokenCount(value);
        expect(count === undefined || (Number.isSafeInteger(count) && count >= 0)).toBe(true);
      }),
    );
  });
});

describe('token counts', () => {
  test.each<[value: unknown, counts: unknown]>([
    [
      { promptTokenCount: '7', candidatesTokenCount: [1], totalTokenCount: 9 },
      { promptTokenCount: 7, totalTokenCount: 9 },
    ],
    [{ trafficType: 'ON_DEMAND' }, undefined],
    [{ promptTokenCount: 'many' }, undefined],
    ['7', undefined],
    [[7], undefined],
    [null, undefined],
  ])('%p: %p', (value, counts) => {
    expect(tokenCounts(value) as unknown).toEqual(counts);
  });
});
