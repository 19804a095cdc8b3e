import { expect, test } from 'bun:test';
import { AnswerAttempt } from '../../src/answer/attempt.ts';
import type { TurnEvent } from '../../src/translate/response/turn.ts';
import type { Backend } from '../../src/upstream/backend.ts';
import { outgoing, scripted } from '../support/answers/scripted-attempts.ts';
import { backendAt, openStream } from '../support/google/upstream.ts';

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

const USAGE: TurnEvent = { type: 'usage', usage: { promptTokenCount: 1_234 } };
const TEXT: TurnEvent = { type: 'text', text: 'hello' };
const READ: TurnEvent = { type: 'usage', usage: { promptTokenCount: 1_234, toolUsePromptTokenCount: 99 } };

test.each([
  ['that begins an answer is the size of the prompt', [[USAGE, TEXT]], [1_234]],
  ['that comes later in the same read is not', [[TEXT, USAGE]], []],
  ['that comes with a later read is not', [[TEXT], [USAGE]], []],
  ["that includes what Google's tools have read is not", [[READ, TEXT]], []],
])("Google's count %s", async (_name, reads, told) => {
  const { job } = scripted([]);
  const frames = async function* () {
    for (const _ of reads) yield [{ kind: 'content' as const, chunk: {} }];
  };
  const backend: Backend = {
    kind: 'mock',
    keyFingerprint: 'mock',
    generate: async () => ({ frames: frames() }),
    countTokens: () => Promise.reject(new Error('nothing is counted')),
  };
  const sizes: number[] = [];
  const sent = Object.assign(outgoing(job, backend), { told: (tokens: number) => sizes.push(tokens) });
  const left = [...reads];
  const reader = { finished: false, rest: undefined, read: () => left.shift() ?? [], end: () => [] };
  const signal = new AbortController().signal;
  const attempt = new AnswerAttempt({ outgoing: sent, reader, stream: undefined, whole: false, signal }, job);
  while (await attempt.next());
  expect(sizes).toEqual([...told]);
});
