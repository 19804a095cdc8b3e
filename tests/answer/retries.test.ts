import { expect, test } from 'bun:test';
import { Retries } from '../../src/answer/retries.ts';
import { RetryBudget } from '../../src/keys/retry-budget.ts';
import { createSeededRandom } from '../../src/lib/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { refusal } from '../support/pools/keys.ts';

test('that the budget once had none left is told only where it ended the answer', () => {
  const budget = new RetryBudget(new ManualClock());
  const others = [1, 2, 3].map(() => budget.begin());
  for (const other of others) other.take();
  const retries = new Retries({
    ticket: budget.begin(),
    ceiling: 1,
    clock: new ManualClock(),
    random: createSeededRandom(1),
  });
  const error = refusal(503, 'The model is overloaded.');
  expect(retries.pay('retry')).toBe(false);
  expect(String(retries.explain(error))).toContain('too many requests fail now');
  for (const other of others) other.end();
  expect([retries.pay('retry'), retries.pay('retry')]).toEqual([true, false]);
  expect(retries.explain(error)).toBe(error);
});
