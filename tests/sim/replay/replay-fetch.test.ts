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

test.each<[string, StreamEnd, string]>([
  ['after the last try', { ms: 0, kind: 'reset', side: 'upstream' }, 'the recording has only 1'],
  ['after the client had left', { ms: 0, kind: 'abort', side: 'client' }, 'the client had left'],
])('a request %s is told why there is no answer', async (_name, end, why) => {
  const problems: string[] = [];
  const play = createReplayFetch({
    recorded: { upstream: [exchange(end)] },
    time: { waitForUpstream: () => Promise.resolve(), setUpstreamOpen: () => {} },
    redactor: createRedactor([]),
    onMismatch: (problem) => problems.push(problem),
  });
  const ask = () => play(URL, { method: 'POST', body: '{}' }, EXCHANGE);
  expect(ask()).rejects.toThrow();
  const refused = await ask();
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining(why)]);
  expect(problems).toEqual([expect.stringContaining(why)]);
});
