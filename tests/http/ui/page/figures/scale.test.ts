import { describe, expect, test } from 'bun:test';
import { barScaleMs, niceEnd, ticks } from '../../../../../src/http/ui/page/figures/scale.ts';

describe('the scale of the bars', () => {
  test.each([
    ['one second where nothing has ended', [], 1_000],
    ['the next power of two above the longest', [31_900], 32_000],
    ['not that of a single long one', [...Array.from({ length: 99 }, () => 3_000), 600_000], 4_000],
    ['bounded', [1e12], 4_096_000],
  ] as [string, number[], number][])('is %s', (_, totals, scale) => expect(barScaleMs(totals)).toBe(scale));
});

describe('the lines of a scale', () => {
  test.each([
    [31.9, 7, [0, 5, 10, 15, 20, 25, 30]],
    [3, 3, [0, 1, 2, 3]],
    [0, 3, [0]],
    [0.5, 5, [0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5]],
  ] as [number, number, number[]][])('until %p, at most %p, are %p', (range, most, lines) =>
    expect(ticks(range, most)).toEqual(lines),
  );

  test('reach the highest value', () => {
    expect(niceEnd(790_000, 3)).toBe(1_000_000);
    expect(niceEnd(600, 3)).toBe(600);
    expect(niceEnd(0, 3)).toBe(0);
  });
});
