import { describe, expect, test } from 'bun:test';
import {
  goOnStep,
  nextStep,
  resendStep,
  restLost,
  type Situation,
  STEP_TABLE,
} from '../../src/answer/next-step.ts';
import type { Mending } from '../../src/answer/outgoing.ts';
import type { Cost, Purse } from '../../src/answer/retries.ts';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { failureClass } from '../../src/gemini/failure.ts';
import { modelRow } from '../../src/gemini/model-rows.ts';

const overloaded = new UpstreamError('status', 'The model is overloaded.', { status: 503 });
const noKey = new UpstreamError('not-sent', 'every key is out of quota', { status: 429 });

/** A budget with so many retries in it, which also says what was paid. */
function purseOf(affordable: readonly Cost[], worthwhile = true): Purse & { paid: Cost[] } {
  const paid: Cost[] = [];
  return {
    paid,
    pay(cost) {
      if (cost !== 'nothing' && !affordable.includes(cost)) return false;
      paid.push(cost);
      return true;
    },
    areSpent: () => false,
    left: () => 1,
    isWorthwhile: () => worthwhile,
    mostWait: () => Infinity,
    explain: (error) => error,
    roundBegins() {},
    end() {},
  };
}

const after = (change: Partial<Situation<string>> = {}): Situation<string> => ({
  error: overloaded,
  isCommitted: false,
  again: 'no',
  keyRefusal: () => undefined,
  asAnswer: () => undefined,
  replacement: () => undefined,
  told: (error) => error,
  streamBroke: false,
  ...change,
});

const other = (cost: Cost) => ({ model: modelRow('gemini-2.5-flash'), because: undefined, cost });

const RICH: readonly Cost[] = ['retry', 'beyond'];

type Row = {
  name: string;
  situation: Situation<string>;
  affordable?: readonly Cost[];
  worthwhile?: boolean;
  step: string;
  paid: Cost;
};

const ROWS: readonly Row[] = [
  { name: 'an overloaded model', situation: after(), step: 'retry', paid: 'retry' },
  {
    name: 'a stream that broke off',
    situation: after({ streamBroke: true }),
    step: 'ask-whole',
    paid: 'retry',
  },
  {
    name: 'after content',
    situation: after({ isCommitted: true, again: 'other-key' }),
    step: 'give-up',
    paid: 'nothing',
  },
  {
    name: 'another key is free',
    situation: after({ again: 'other-key', replacement: () => other('nothing') }),
    step: 'other-key',
    paid: 'nothing',
  },
  { name: 'every key was asked', situation: after({ again: 'retry' }), step: 'wait-for-key', paid: 'retry' },
  {
    name: 'an answer that tells the refusal',
    situation: after({ asAnswer: () => ['told'], replacement: () => other('nothing') }),
    step: 'tell',
    paid: 'nothing',
  },
  {
    name: 'another model, before the same is asked again',
    situation: after({ replacement: () => other('retry') }),
    step: 'other-model',
    paid: 'retry',
  },
  {
    name: 'another model that cannot be paid',
    situation: after({ replacement: () => other('beyond') }),
    affordable: ['retry'],
    step: 'retry',
    paid: 'retry',
  },
  { name: 'no retry left', situation: after(), affordable: [], step: 'give-up', paid: 'nothing' },
  {
    name: 'what another attempt would not cure',
    situation: after(),
    worthwhile: false,
    step: 'give-up',
    paid: 'nothing',
  },
];

describe('the table', () => {
  test.each(ROWS)('$name: $step', ({ situation, affordable = RICH, worthwhile, step, paid }) => {
    const purse = purseOf(affordable, worthwhile);
    const made = nextStep(situation, purse);
    expect<string[]>([made.step.kind, made.cost]).toEqual([step, paid]);
    expect(purse.paid).toEqual([paid]);
  });

  test('a wait for a key that cannot be paid tells when the key is back', () => {
    const situation = after({ again: 'retry', keyRefusal: () => noKey });
    expect(nextStep(situation, purseOf([], false))).toMatchObject({
      step: { kind: 'give-up', error: noKey },
    });
  });

  test('where no model is left, what is told names the one that was asked for', () => {
    const told = new Error('named');
    const { step } = nextStep(after({ told: () => told }), purseOf([]));
    expect(step).toEqual({ kind: 'give-up', error: told });
  });

  test('what upstream asks to be waited goes with the step', () => {
    const error = new UpstreamError('status', 'overloaded', { status: 503, retryAfter: 7 });
    expect(nextStep(after({ error }), purseOf(RICH)).step).toEqual({ kind: 'retry', leastMs: 7_000 });
  });

  test('every step is made by some row', () => {
    const made = new Set(['resend', 'go-on', ...ROWS.map(({ step }) => step)]);
    expect(STEP_TABLE.map(({ kind }) => kind).filter((kind) => !made.has(kind))).toEqual([]);
  });
});

test.each([
  ['the first change is free', true, [], 'nothing'],
  ['a further one is a retry', false, ['retry'], 'retry'],
  ['a further one that cannot be paid is not made', false, [], undefined],
] as const)('%s', (_name, isFree, affordable, cost) => {
  const mending: Mending = { isFree, apply() {} };
  expect(resendStep(mending, purseOf(affordable))?.cost).toBe(cost);
});

describe('the rest of a long answer', () => {
  const busy = new UpstreamError('status', 'busy', { status: 503, retryAfter: 7 });
  const quota = new UpstreamError('status', 'quota', { status: 429, retryAfter: 3 });

  test.each([
    [
      'where another attempt helps',
      busy,
      RICH,
      true,
      { step: { kind: 'go-on', leastMs: 7_000 }, cost: 'retry' },
    ],
    [
      'where a quota of the minute is used up',
      quota,
      RICH,
      false,
      { step: { kind: 'go-on', leastMs: 3_000 } },
    ],
    ['where nothing can be paid', busy, [], true, undefined],
    ['where nothing helps', new UpstreamError('status', 'no', { status: 400 }), RICH, false, undefined],
  ] as const)('is asked for again %s', (_name, error, affordable, worthwhile, made) => {
    const step = goOnStep(error, purseOf(affordable, worthwhile));
    if (made) expect(step).toMatchObject(made);
    else expect(step).toBeUndefined();
  });

  test.each([
    ['a refusal of its request is told as a broken answer', { status: 400 }, 'malformed'],
    ['a used-up quota is told as such', { status: 429 }, 'quota-minute'],
    ['an overloaded model is told as such', { status: 503 }, 'overloaded'],
  ] as const)('%s', (_name, options, told) => {
    const error = restLost(new UpstreamError('status', 'Invalid token.', options));
    expect(error instanceof UpstreamError && failureClass(error)).toBe(told);
  });
});
