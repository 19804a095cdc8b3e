import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalJson, isDeeperThan, isSameJson, type Json, startOfJson } from '../../src/lib/json.ts';

const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** A recursive version for comparison; `isDeeperThan` itself uses no recursion. */
function depthOf(one: Json): number {
  if (typeof one !== 'object' || one === null) return 0;
  return 1 + Math.max(0, ...Object.values(one).map(depthOf));
}

test('depth is told without recursion', () => {
  fc.assert(
    fc.property(value, fc.nat(6), (one, levels) => {
      expect(isDeeperThan(one, levels)).toBe(depthOf(one) > levels);
    }),
  );
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  expect([isDeeperThan(deep, 99_999), isDeeperThan(deep, 100_000)]).toEqual([true, false]);
});

test('two values are the same where their sorted text is', () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(isSameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
      expect(isSameJson(one, JSON.parse(canonicalJson(one)))).toBe(true);
    }),
  );
});

describe('the start of JSON', () => {
  test('is all of it where it is short, and longer than asked where it is not', () => {
    fc.assert(
      fc.property(value, fc.nat(200), (one, most) => {
        const [start, whole] = [startOfJson(one, most), JSON.stringify(one)];
        if (whole.length <= most) expect(start).toBe(whole);
        else expect(start.length).toBeGreaterThan(most);
      }),
    );
  });

  test('is a start, however long the rest', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 5 }), (list) => {
        const start = startOfJson(list, 20);
        const whole = JSON.stringify(list);
        if (whole.length > 20) expect(start.slice(0, 20)).toBe(whole.slice(0, 20));
        expect(startOfJson('x'.repeat(1_000_000), 20).length).toBeLessThan(40);
      }),
    );
  });
});
