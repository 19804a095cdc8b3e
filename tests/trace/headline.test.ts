import { describe, expect, test } from 'bun:test';
import type { TraceFact } from '../../src/trace/events.ts';
import { count, dollarText, duration, headline } from '../../src/trace/headline.ts';
import { Ordinary } from '../../src/trace/odd.ts';
import { Summary } from '../../src/trace/summary.ts';
import { ASKED, attempt, failure, RECEIVED, story } from '../support/story.ts';

type Timed = readonly [ms: number, fact: TraceFact];

/** Hears one request after another, and says of each what is odd about it. */
function judging() {
  const ordinary = new Ordinary();
  return (events: readonly Timed[]) => {
    const summary = new Summary();
    for (const event of story([[0, RECEIVED], [0, ASKED], ...events])) summary.hear(event);
    const oddness = ordinary.judge(summary);
    return { ...oddness, text: headline(summary, oddness) };
  };
}

const end = (ms: number, clientLeft = false): Timed => [ms, { type: 'end', status: 200, clientLeft }];
const wait = (what: 'backoff' | 'key' | 'breaker', from: number, to: number, more: object = {}): Timed[] => [
  [from, { type: 'wait', for: what, until: to, ...more }],
  [to, { type: 'waited', for: what }],
];
const step = (name: 'retry' | 'other-key', ms: number): Timed => [
  ms,
  { type: 'step', step: name, cost: name === 'retry' ? 'retry' : 'nothing', retriesLeft: 3 },
];
const REPLACED: TraceFact = { type: 'model-replaced', from: 'model-a', to: 'model-b', because: 'overloaded' };
const spent = (dollars: number | undefined, isLost = false): Timed => [
  1_000,
  {
    type: 'spent',
    for: 'answer',
    isLost,
    model: 'a',
    key: 'k',
    in: 900,
    cached: 100,
    out: 50,
    thinking: 0,
    dollars,
  },
];
const failing = (class_: string, status: number): TraceFact => ({
  ...failure(),
  class: class_,
  status,
});

describe('the headline', () => {
  const cases: [what: string, events: readonly Timed[], sign: string, text: string][] = [
    ['nothing odd', [[0, attempt(1)], end(4_200)], 'ordinary', 'Answered after 4.2 s.'],
    [
      'waits, failures and another model',
      [
        [0, attempt(1)],
        [900, failing('overloaded', 503)],
        step('retry', 900),
        [900, attempt(2)],
        [2_700, failing('quota-minute', 429)],
        step('other-key', 2_700),
        ...wait('key', 2_700, 15_300, { key: 'a41c', limit: 'KEY_RPM 20' }),
        [15_300, REPLACED],
        [15_300, attempt(3, { model: 'model-b', key: 'a41c' })],
        end(31_900),
      ],
      'slow',
      'Answered after 31.9 s. Waited 12.6 s for key #a41c: 20 requests a minute (KEY_RPM); 2 attempts failed after 2.7 s: 503 overloaded, 429 quota-minute; in place of model-a (overloaded) model-b answered.',
    ],
    [
      'a short wait',
      [...wait('key', 0, 999), [999, attempt(1)], end(2_000)],
      'ordinary',
      'Answered after 2.0 s.',
    ],
    [
      'waits between attempts and for a model',
      [
        ...wait('backoff', 0, 700),
        ...wait('backoff', 800, 1_500),
        ...wait('breaker', 1_500, 4_500),
        [4_500, attempt(1)],
        end(5_000),
      ],
      'slow',
      'Answered after 5.0 s. Waited 3.0 s for model-a, which keeps failing; waited 1.4 s between attempts.',
    ],
    [
      'a wait that the client did not sit out',
      [[0, { type: 'wait', for: 'key', limit: 'quota', until: 9_000 }], end(4_000, true)],
      'slow',
      'The client left after 4.0 s. Waited 4.0 s for a key: out of quota.',
    ],
    [
      'media that had to be uploaded first',
      [
        [0, attempt(1)],
        [3_200, { type: 'uploaded', media: 2, bytes: 9 }],
        [4_000, { type: 'first-content' }],
        end(4_100),
      ],
      'slow',
      'Answered after 4.1 s. Waited 3.2 s until large media were uploaded.',
    ],
    [
      'a refused request',
      [[0, attempt(1)], [300, { type: 'mended', what: 'signatures' }], end(900)],
      'changed',
      'Answered after 900 ms. Refused, changed (signatures) and asked again.',
    ],
    [
      'a failed attempt that was paid for, beside what was paid together',
      [
        [0, attempt(1)],
        [1_000, failing('malformed', 200)],
        spent(0.0036, true),
        step('retry', 1_000),
        [1_000, attempt(2)],
        spent(0.0067),
        end(2_000),
      ],
      'slow',
      'Answered after 2.0 s. One attempt failed after 1.0 s: 200 malformed; $0.0036 of $0.010 was for an attempt that failed.',
    ],
    [
      'failed attempts without another one',
      [
        [0, attempt(1)],
        [1_000, failing('malformed', 200)],
        spent(0.0036, true),
        step('retry', 1_000),
        [1_000, attempt(2)],
        [1_500, failing('malformed', 200)],
        spent(0.0036, true),
        [1_500, { type: 'error', error: 'e', message: 'm', blame: 'others' }],
        end(1_500),
      ],
      'failed',
      'Failed after 1.5 s. 2 attempts failed after 1.5 s: 2 × 200 malformed; $0.0072 was for 2 attempts that failed.',
    ],
    [
      'a failed attempt whose price nobody knows',
      [
        [0, attempt(1)],
        [1_000, failing('malformed', 200)],
        spent(undefined, true),
        step('retry', 1_000),
        [1_000, attempt(2)],
        end(2_000),
      ],
      'slow',
      'Answered after 2.0 s. One attempt failed after 1.0 s: 200 malformed; 1.0k tokens in and 50 out are paid for an attempt that failed.',
    ],
    [
      'an error',
      [
        [0, attempt(1)],
        [300, failure()],
        [300, { type: 'error', error: 'e', message: 'm', blame: 'others' }],
        end(300),
      ],
      'failed',
      'Failed after 300 ms. One attempt failed after 300 ms: 503 overloaded.',
    ],
  ];
  test.each(cases)('%s', (_what, events, sign, text) => {
    expect(judging()(events)).toMatchObject({ sign, text });
  });
});

describe('what is ordinary is learnt', () => {
  const answer = (first: number): Timed[] => [
    [0, attempt(1)],
    [first, { type: 'first-content' }],
    end(first + 1_000),
  ];

  test('a model that takes much longer than it does is told of', () => {
    const judge = judging();
    for (let i = 0; i < 5; i++) judge(answer(4_000));
    expect(judge(answer(12_000))).toMatchObject({ sign: 'ordinary' });
    expect(judge(answer(12_100))).toMatchObject({
      sign: 'slow',
      text: 'Answered after 13.1 s. It took model-a 12.1 s to begin, ordinarily 4.0 s.',
    });
  });

  test('nothing is known from a few answers', () => {
    const judge = judging();
    for (let i = 0; i < 4; i++) judge(answer(1_000));
    expect(judge(answer(60_000)).sign).toBe('ordinary');
  });

  test('what was waited for before it was asked is not the model’s', () => {
    const judge = judging();
    for (let i = 0; i < 5; i++) judge(answer(1_000));
    const late: Timed[] = [[30_000, attempt(1)], [31_000, { type: 'first-content' }], end(32_000)];
    expect(judge(late).sign).toBe('ordinary');
  });

  const usage = (cached: number, tokens = 20_000): Timed[] => [
    [0, attempt(1)],
    [1, { type: 'usage', in: tokens - cached, cached, out: 1, thinking: 0 }],
    end(2),
  ];

  test('a cache that is lost is told of, once', () => {
    const judge = judging();
    judge(usage(18_000));
    expect(judge(usage(2_000))).toMatchObject({
      sign: 'slow',
      text: 'Answered after 2 ms. 10 % of the prompt came from the cache, 90 % the time before.',
    });
    expect(judge(usage(2_000)).sign).toBe('ordinary');
  });

  test('a small prompt has no cache to lose', () => {
    const judge = judging();
    judge(usage(9_000, 9_999));
    expect(judge(usage(0, 9_999)).sign).toBe('ordinary');
  });
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [999.6, '1.0 s'],
  [1_000, '1.0 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 0 s'],
  [72_400, '1 min 12 s'],
])('%p milliseconds are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [999, '999'],
  [1_000, '1.0k'],
  [21_700, '21.7k'],
  [999_949, '999.9k'],
  [999_950, '1.0M'],
])('%p tokens are %s', (tokens, text) => {
  expect(count(tokens)).toBe(text);
});

test.each([
  [0, '$0'],
  [12.4, '$12.40'],
  [1, '$1.00'],
  [0.5, '$0.50'],
  [0.0188, '$0.019'],
  [0.00021, '$0.00021'],
  [0.000000075, '$0.000000075'],
])('%p dollars are %s', (dollars, text) => {
  expect(dollarText(dollars)).toBe(text);
});
