import { expect, test } from 'bun:test';
import type { StreamEnd, UpstreamExchange } from '../../../src/sim/cassette/types.ts';
import { createRedactor } from '../../../src/sim/redact.ts';
import { createReplayFetch } from '../../../src/sim/replay/replay-fetch.ts';

const URL = 'https://upstream.invalid/v1beta/models/gemini-x:generateContent';
const EXCHANGE = { id: 'req_1', labels: {}, note: () => {} };

const exchange = (end: StreamEnd): UpstreamExchange => ({
  request: {
    method: 'POST',
    path: '/v1beta/models/gemini-x:generateContent',
    query: '',
    headers: {},
    body: '{}',
  },
  model: 'gemini-x',
  head: undefined,
  reads: [],
  end,
  anomalies: [],
  redactions: [],
});

const open = (ends: readonly StreamEnd[], answer?: 'whole' | 'client-gone') => {
  const problems: string[] = [];
  const waited: number[] = [];
  const stood = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const fetch = createReplayFetch({
    recorded: { upstream: ends.map(exchange), ...(answer ? { answer: { end: answer } } : {}) },
    time: {
      waitForUpstream: async (ms) => void waited.push(ms),
      setUpstreamOpen: () => {},
      standStill(signal) {
        stood.resolve();
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
      },
    },
    redactor: createRedactor([]),
    onMismatch: (problem) => problems.push(problem),
  });
  const ask = () => fetch(URL, { method: 'POST', body: '{}', signal: leaving.signal }, EXCHANGE);
  return { ask, problems, waited, stood: stood.promise, leave: () => leaving.abort(new Error('left')) };
};

test('a request after the last attempt is told why there is no answer', async () => {
  const { ask, problems } = open([{ ms: 0, kind: 'reset', side: 'upstream' }]);
  expect(ask()).rejects.toThrow();
  const refused = await ask();
  const why = expect.stringContaining('the recording has only 1');
  expect([refused.status, await refused.text()]).toEqual([400, why]);
  expect(problems).toEqual([why]);
});

test.each<[string, StreamEnd[]]>([
  ['before the head', [{ ms: 7, kind: 'abort', side: 'client' }]],
  ['before upstream was asked', []],
])('where the client had left %s, nothing comes until it leaves again', async (_name, ends) => {
  const { ask, problems, waited, stood, leave } = open(ends, 'client-gone');
  const asking = ask().catch((error: unknown) => error);
  await stood;
  leave();
  expect(await asking).toEqual(new Error('left'));
  expect([problems, waited]).toEqual([[], ends.map(({ ms }) => ms)]);
});
