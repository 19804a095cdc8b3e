import { describe, expect, test } from 'bun:test';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { TraceFact } from '../../src/trace/events.ts';
import { Ordinary } from '../../src/trace/odd.ts';

const RECEIVED: TraceFact = { type: 'received', at: new Date(0), method: 'POST', path: '/v1/messages' };
const ASKED: TraceFact = { type: 'asked', model: 'claude-opus-5-5', stream: true, caller: 'main' };
const CHOSEN: TraceFact = { type: 'chosen', model: 'gemini-4-argon', key: '3f9c', why: 'home' };
const ATTEMPT: TraceFact = {
  type: 'attempt',
  model: 'gemini-4-argon',
  key: '3f9c',
  streamed: true,
  paidBy: 'first',
};
const END: TraceFact = { type: 'end', status: 200, clientLeft: false };

const tell = (metrics: Metrics, ...facts: readonly (TraceFact | [number, TraceFact])[]): void => {
  const hear = metrics.subscriber('req_1');
  for (const fact of facts) {
    const [ms, one] = Array.isArray(fact) ? fact : [0, fact];
    hear({ ...one, ms });
  }
};

const fresh = () => new Metrics(new Ordinary(), (text) => text);
/** The lines of one metric, without the prefix of the names. */
const linesOf = async (metrics: Metrics, name: string): Promise<string[]> =>
  (await metrics.text([], []))
    .split('\n')
    .filter((line) => line.startsWith(`gemini_claude_proxy_${name}`))
    .map((line) => line.slice('gemini_claude_proxy_'.length));

describe('a request counts', () => {
  const outcomes: [string, TraceFact[], string][] = [
    ['as answered', [END], 'ok'],
    [
      'by the error that the client got',
      [
        { type: 'error', error: 'overloaded_error', class: 'overloaded', message: '', blame: 'others' },
        { ...END, status: 529 },
      ],
      'overloaded_error',
    ],
    ['as left where the client has gone', [{ type: 'end', status: 200, clientLeft: true }], 'client_left'],
  ];
  test.each(outcomes)('%s', async (_, facts, outcome) => {
    const metrics = fresh();
    tell(metrics, RECEIVED, ASKED, CHOSEN, ATTEMPT, ...facts);
    expect(await linesOf(metrics, 'requests_total')).toEqual([
      `requests_total{model="gemini-4-argon",caller="main",client="none",outcome="${outcome}"} 1`,
    ]);
  });

  test('not where a program only asks whether the proxy lives', async () => {
    const metrics = fresh();
    tell(metrics, { ...RECEIVED, isProbe: true } as TraceFact, END);
    expect(await linesOf(metrics, 'requests_total')).toEqual([]);
  });
});

test('times are told in seconds, in the bucket that they belong to', async () => {
  const metrics = fresh();
  tell(metrics, RECEIVED, ASKED, CHOSEN, ATTEMPT, [1_200, { type: 'first-content' }], [4_000, END]);
  const first = await linesOf(metrics, 'first_content_seconds');
  expect(first).toContain('first_content_seconds_bucket{le="1",model="gemini-4-argon",caller="main"} 0');
  expect(first).toContain('first_content_seconds_bucket{le="1.5",model="gemini-4-argon",caller="main"} 1');
  expect(await linesOf(metrics, 'request_duration_seconds_sum')).toEqual([
    'request_duration_seconds_sum{model="gemini-4-argon",caller="main"} 4',
  ]);
});

test('tokens of each kind are counted once: cached ones are no input, thinking is no output', async () => {
  const metrics = fresh();
  tell(metrics, RECEIVED, ASKED, {
    type: 'spent',
    for: 'answer',
    model: 'm',
    key: 'k',
    in: 100,
    cached: 900,
    out: 50,
    thinking: 20,
    dollars: 0.25,
    listDollars: 1.5,
  });
  expect(await linesOf(metrics, 'tokens_total')).toEqual([
    'tokens_total{model="m",client="none",kind="input"} 100',
    'tokens_total{model="m",client="none",kind="cached"} 900',
    'tokens_total{model="m",client="none",kind="output"} 30',
    'tokens_total{model="m",client="none",kind="thinking"} 20',
  ]);
  expect(await linesOf(metrics, 'cost_dollars_total')).toEqual([
    'cost_dollars_total{model="m",client="none",for="answer"} 0.25',
  ]);
  expect(await linesOf(metrics, 'anthropic_list_dollars_total')).toEqual([
    'anthropic_list_dollars_total{model="m",client="none"} 1.5',
  ]);
});

test('a retry is counted with the failure that caused it, a step that costs nothing is none', async () => {
  const metrics = fresh();
  tell(
    metrics,
    RECEIVED,
    ASKED,
    CHOSEN,
    ATTEMPT,
    { type: 'failure', class: 'overloaded', status: 503, message: '' },
    { type: 'step', step: 'retry', cost: 'retry', retriesLeft: 11 },
    { type: 'failure', class: 'quota', status: 429, message: '' },
    { type: 'step', step: 'other-key', cost: 'nothing', retriesLeft: 11 },
  );
  expect(await linesOf(metrics, 'retries_total')).toEqual([
    'retries_total{step="retry",reason="overloaded"} 1',
  ]);
  expect(await linesOf(metrics, 'attempt_failures_total')).toEqual([
    'attempt_failures_total{model="gemini-4-argon",class="overloaded",status="503"} 1',
    'attempt_failures_total{model="gemini-4-argon",class="quota",status="429"} 1',
  ]);
});

test('what a named client asks and costs is counted under its name', async () => {
  const metrics = fresh();
  const spent = {
    type: 'spent',
    for: 'answer',
    model: 'm',
    key: 'k',
    in: 1,
    cached: 0,
    out: 1,
    thinking: 0,
    dollars: 1,
  } as const;
  tell(metrics, RECEIVED, { ...ASKED, client: 'alice' } as TraceFact, CHOSEN, ATTEMPT, spent, END);
  expect(await linesOf(metrics, 'requests_total')).toEqual([
    'requests_total{model="gemini-4-argon",caller="main",client="alice",outcome="ok"} 1',
  ]);
  expect(await linesOf(metrics, 'cost_dollars_total')).toEqual([
    'cost_dollars_total{model="m",client="alice",for="answer"} 1',
  ]);
});

test('a wait counts its seconds', async () => {
  const metrics = fresh();
  tell(
    metrics,
    RECEIVED,
    ASKED,
    [100, { type: 'wait', for: 'key', until: 5_100 }],
    [2_600, { type: 'waited', for: 'key' }],
    END,
  );
  expect(await linesOf(metrics, 'wait_seconds_total')).toEqual(['wait_seconds_total{for="key"} 2.5']);
});

test('a request that was never sent counts for no model, whichever was chosen for it', async () => {
  const metrics = fresh();
  tell(metrics, RECEIVED, ASKED, CHOSEN, { ...END, status: 400 } as TraceFact);
  expect(await linesOf(metrics, 'requests_total')).toEqual([
    'requests_total{model="none",caller="main",client="none",outcome="ok"} 1',
  ]);
});

test('made-up names of models fill no memory: after a hundred all others count together', async () => {
  const metrics = fresh();
  for (let index = 0; index < 150; index++)
    tell(metrics, RECEIVED, ASKED, { ...ATTEMPT, model: `m${index}` } as TraceFact, END);
  const lines = await linesOf(metrics, 'requests_total');
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toContain('model="other"');
  expect(lines.at(-1)).toEndWith(' 50');
});
