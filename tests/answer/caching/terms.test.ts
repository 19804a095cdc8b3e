import { describe, expect, test } from 'bun:test';
import { Terms, type Wanted } from '../../../src/answer/caching/terms.ts';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOUR = 3_600_000;
const model = modelRow('gemini-3.8-flash');
const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  key: 'key',
  model,
  terms: { minTokens: 4_096, storage: 1 },
  ttlMs: 300_000,
  tokens: 50_000,
  promptTokens: 50_000,
  read: 0,
  missed: 200_000,
  reuses: 4,
  ...more,
});
const failure = (status: number, message = 'no') => new UpstreamError('status', message, { status });

describe('what is worthwhile', () => {
  test.each([
    ['what pays', wanted(), true],
    ['too few tokens for the model', wanted({ tokens: 4_000 }), false],
    [
      'a price that nobody knows',
      wanted({ model: { ...model, price: { ...model.price, tiers: [] } } }),
      false,
    ],
    [
      'a prompt with the price of long prompts',
      wanted({ model: modelRow('gemini-3.1-pro-preview'), promptTokens: 300_000 }),
      true,
    ],
  ])('%s', (_what, given, expected) => {
    expect(new Terms(new ManualClock()).isWorthwhile(given)).toBe(expected);
  });

  test.each([
    ['a refusal holds for an hour', 400, HOUR],
    ['a missing permission holds for an hour', 403, HOUR],
    ['a used-up quota holds for five minutes', 429, 300_000],
    ['an overload holds for five minutes', 503, 300_000],
  ])('%s, for that model and key', async (_what, status, ms) => {
    const clock = new ManualClock();
    const terms = new Terms(clock);
    terms.failed(failure(status), model.id, 'key');
    expect(terms.isWorthwhile(wanted())).toBe(false);
    expect(terms.isWorthwhile(wanted({ key: 'other' }))).toBe(true);
    await clock.advance(ms - 1);
    expect(terms.isWorthwhile(wanted())).toBe(false);
    await clock.advance(1);
    expect(terms.isWorthwhile(wanted())).toBe(true);
  });

  test('what Google says of the least tokens is believed, and stops nothing else', () => {
    const terms = new Terms(new ManualClock());
    const small = 'Cached content is too small. total_token_count=50000, min_total_token_count=60000';
    terms.failed(failure(400, small), model.id, 'key');
    expect(terms.isWorthwhile(wanted())).toBe(false);
    expect(terms.isWorthwhile(wanted({ tokens: 60_000, missed: 240_000 }))).toBe(true);
  });
});

describe('the budget', () => {
  test('holds for an hour', async () => {
    const clock = new ManualClock();
    const terms = new Terms(clock);
    // 0.833 dollars each.
    const large = wanted({ tokens: 1_000_000 });
    expect(Array.from({ length: 8 }, () => terms.pay(large))).toEqual([...Array(6).fill(true), false, false]);
    await clock.advance(HOUR - 1);
    expect(terms.pay(large)).toBe(false);
    await clock.advance(1);
    expect(terms.pay(large)).toBe(true);
  });

  test('what is kept on is paid from it, too, and only where that pays', () => {
    const terms = new Terms(new ManualClock());
    expect(terms.payToProlong(wanted({ ttlMs: HOUR }))).toBe(false);
    expect(terms.payToProlong(wanted({ tokens: 1_000_000 }))).toBe(true);
    const paid = Array.from({ length: 6 }, () => terms.pay(wanted({ tokens: 1_000_000 })));
    expect(paid.at(-1)).toBe(false);
  });
});
