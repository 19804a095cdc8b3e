import { expect, test } from 'bun:test';
import { RetryPolicy } from '../../src/answer/retry-policy.ts';
import { RetryBudget } from '../../src/keys/retry-budget.ts';
import { createSeededRandom } from '../../src/lib/ports.ts';
import { refusal } from '../support/keys.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('that the budget once had none left is told only where it ended the answer', () => {
  const budget = new RetryBudget(new ManualClock());
  const others = [1, 2, 3].map(() => budget.begin());
  for (const other of others) other.take();
  const policy = new RetryPolicy({
    ticket: budget.begin(),
    ceiling: 1,
    clock: new ManualClock(),
    random: createSeededRandom(1),
    onRetry() {},
  });
  const error = refusal(503, 'The model is overloaded.');
  expect(policy.take()).toBe(false);
  expect(String(policy.explain(error))).toContain('too many requests fail now');
  for (const other of others) other.end();
  expect([policy.take(), policy.take()]).toEqual([true, false]);
  expect(policy.explain(error)).toBe(error);
});
