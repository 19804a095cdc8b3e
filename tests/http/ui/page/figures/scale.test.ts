import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { barScaleMs, linesUntil, ticks } from '../../../../../src/http/ui/page/figures/scale.ts';

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

  test.each([
    [790_000, [0, 500_000, 1_000_000]],
    [600, [0, 200, 400, 600]],
    [0, [0]],
    [0.49, [0, 0.2, 0.4, 0.6000000000000001]],
    [0.55, [0, 0.2, 0.4, 0.6000000000000001]],
  ] as [number, number[]][])('of a chart end with a line above the highest value, %p', (value, lines) =>
    expect(linesUntil(value, 3)).toEqual(lines),
  );

  test('nothing stands out of a chart, whatever its values are', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.constantFrom(0, 1), (value, least) => {
        const lines = linesUntil(value, 3, least);
        expect(lines.at(-1) ?? 0).toBeGreaterThanOrEqual(value * (1 - 1e-8));
        expect(lines.length).toBeWithin(2, 6);
      }),
    );
  });
});
