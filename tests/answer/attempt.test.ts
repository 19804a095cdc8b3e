import { expect, test } from 'bun:test';
import { AnswerAttempt } from '../../src/answer/attempt.ts';
import { outgoing, scripted } from '../support/scripted-attempts.ts';
import { backendAt, openStream } from '../support/upstream.ts';

test('an attempt that fails when its head has come leaves upstream as it is closed', async () => {
  const stream = openStream([]);
  const backend = backendAt('http://127.0.0.1:1', { fetch: async () => stream.response });
  const { job } = scripted([]);
  const sent = Object.assign(outgoing(job, backend), {
    taken() {
      throw new Error('nothing can be learnt');
    },
  });
  const reader = { finished: false, rest: undefined, read: () => [], end: () => [] };
  const signal = new AbortController().signal;
  const attempt = new AnswerAttempt({ outgoing: sent, reader, stream: undefined, whole: true, signal }, job);
  expect(await attempt.next().catch(String)).toContain('nothing can be learnt');
  attempt.close();
  expect(await stream.closedAt).toBeGreaterThan(0);
});
