import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { keepingCost, type Offer, pays, paysToProlong } from '../../../src/answer/caching/policy.ts';

const FLASH = { rates: { input: 0.75, cacheRead: 0.075 }, storage: 1 };
const LITE = { rates: { input: 0.1, cacheRead: 0.01 }, storage: 1 };
const PRO = { rates: { input: 2, cacheRead: 0.2 }, storage: 4.5 };
const MINUTES = 1 / 12;

const offer = (more: Partial<Offer>): Offer => ({
  kept: 50_000,
  read: 0,
  missed: 100_000,
  reuses: 2,
  hours: MINUTES,
  ...FLASH,
  ...more,
});
/** Sent so often, and read anew each time. */
const sent = (times: number, more: Partial<Offer> = {}) =>
  offer({ reuses: times - 1, missed: (times - 1) * 50_000, ...more });

describe('does it pay', () => {
  test.each([
    ['the first request', sent(1), false],
    ['the second: nobody knows what Google caches by itself', sent(2), false],
    ['the third, where Google has cached nothing', sent(3), true],
    ['the third, where Google has cached half', offer({ read: 25_000, missed: 50_000 }), false],
    ['the fifth, where Google has cached half', offer({ read: 25_000, reuses: 4, missed: 100_000 }), true],
    ['what Google now caches nearly all of', sent(9, { read: 49_000 }), false],
    [
      'what has grown by a tenth, and has missed little',
      offer({ read: 45_000, reuses: 8, missed: 40_000 }),
      false,
    ],
    ['what has grown by a tenth, and has missed more than it costs', sent(9, { read: 45_000 }), true],
    ['a cheap model, at the third', sent(3, LITE), false],
    ['a cheap model, at the fourth', sent(4, LITE), true],
    ['a cheap model for an hour, at the tenth', sent(10, { ...LITE, hours: 1 }), false],
    ['a large model, at the third', sent(3, PRO), true],
    ['a large model for an hour, at the third', sent(3, { ...PRO, hours: 1 }), false],
    ['a large model for an hour, at the fifth', sent(5, { ...PRO, hours: 1 }), true],
    ['reading costs as much as before', sent(99, { rates: { input: 1, cacheRead: 1 } }), false],
  ])('%s: %#', (_what, given, expected) => {
    expect(pays(given)).toBe(expected);
  });

  test('costs are those of the table of prices', () => {
    expect(keepingCost(offer({}))).toBeCloseTo(0.0375 + 0.05 / 12, 10);
  });

  test('what pays, pays with more that was missed, with less that is read, and with cheaper storage', () => {
    const anyOffer = fc.record({
      kept: fc.nat(1_000_000),
      read: fc.nat(1_000_000),
      missed: fc.nat(9_000_000),
      reuses: fc.nat(50),
      hours: fc.constantFrom(MINUTES, 1),
      rates: fc.constantFrom(FLASH.rates, LITE.rates, PRO.rates),
      storage: fc.double({ min: 0, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(anyOffer, (given) => {
        if (!pays(given)) return;
        expect(pays({ ...given, missed: given.missed + 1 })).toBe(true);
        expect(pays({ ...given, read: Math.floor(given.read / 2) })).toBe(true);
        expect(pays({ ...given, storage: given.storage / 2 })).toBe(true);
      }),
    );
  });

  test.each([
    ['minutes', offer({}), true],
    ['an hour, where that costs more than a use saves', offer({ hours: 1 }), false],
    [
      'an hour of a model that is dear to read',
      offer({ hours: 1, rates: { input: 3, cacheRead: 0.3 } }),
      true,
    ],
  ])('is it kept on for %s', (_what, given, expected) => {
    expect(paysToProlong(given)).toBe(expected);
  });
});

test('a conversation that grows is kept anew at its own pace, and costs no more than without', () => {
  const turns = 60;
  const start = 40_000;
  for (const growth of [500, 2_000, 10_000]) {
    let [kept, missed, cost, plain, bought] = [0, 0, 0, 0, 0];
    for (let turn = 1; turn <= turns; turn++) {
      const prompt = start + turn * growth;
      const again = turn > 1 ? prompt - growth : 0;
      plain += prompt * FLASH.rates.input;
      cost += (prompt - kept) * FLASH.rates.input + kept * FLASH.rates.cacheRead;
      missed += Math.max(0, again - kept);
      const given = offer({ kept: prompt, read: kept, missed, reuses: turn - 1 });
      if (!pays(given)) continue;
      cost += keepingCost(given) * 1_000_000;
      [kept, missed, bought] = [prompt, 0, bought + 1];
    }
    expect(cost).toBeLessThan(0.5 * plain);
    expect(bought).toBeGreaterThan(0);
    expect(bought).toBeLessThan(turns / 3);
  }
});
