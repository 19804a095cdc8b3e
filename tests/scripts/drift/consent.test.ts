/** What the questions cost is told before, and nobody pays who has not agreed. */
import { expect, test } from 'bun:test';
import { createConsent } from '../../../scripts/drift/live/consent.ts';

const PLAN = { requests: 345, models: 15, input: 27_861, output: 56_512, dollars: 0.22 };

test.each<[string, { isAgreed?: boolean; budget?: number; said?: string | null }, RegExp | undefined]>([
  ['nobody there', {}, /nobody has agreed to the cost; say --yes/],
  ['--yes', { isAgreed: true }, undefined],
  ['a budget that is enough', { budget: 0.5 }, undefined],
  ['a budget that is too small', { budget: 0.1 }, /\$0\.2200 are more than the budget of \$0\.1000/],
  ['a budget that is too small, and --yes', { budget: 0.1, isAgreed: true }, /more than the budget/],
  ['a person who says y', { said: 'y' }, undefined],
  ['a person who says Yes', { said: 'Yes ' }, undefined],
  ['a person who says nothing', { said: '' }, /nobody has agreed/],
  ['a person who leaves', { said: null }, /nobody has agreed/],
])('%s', async (_what, { isAgreed = false, budget, said }, why) => {
  const told: string[] = [];
  const ask = said === undefined ? undefined : () => said;
  const refused = await createConsent({ say: (line) => told.push(line), isAgreed, budget, ask })(PLAN);
  if (why === undefined) expect(refused).toBeUndefined();
  else expect(refused).toMatch(why);
  expect(told.join()).toContain(
    '345 questions (15 models), with about 27,861 tokens in and at most 56,512 out: $0.2200',
  );
});
