/** A recording answers each test from its beginning, and tells tests what it was asked. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalAnswer } from '../../../src/http/api-description/mock-answers.ts';
import { hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';
import { ask, event, good, pieces, recordingProxy } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'replayed-'));
const REPLAY = join(root, 'recording');
const request = { ...hello, stream: true };
let recorded: string[];

beforeAll(async () => {
  await using proxy = await recordingProxy(REPLAY, [good, pieces(event(textChunk('Again', 'STOP')))]);
  recorded = [await ask(proxy, { request }), await ask(proxy, { request })];
});
afterAll(() => rmSync(root, { recursive: true }));

const replaying = () => startProxy({ env: { BACKEND: 'replay', REPLAY, REPLAY_SPEED: 'instant' } });

const play = async (proxy: TestProxy, testId: string) => {
  const response = await proxy.send('/v1/messages', request, { 'x-test-id': testId });
  return { source: response.headers.get('x-mock-source'), text: await response.text() };
};

const journalOf = async (proxy: TestProxy): Promise<JournalAnswer> =>
  (await proxy.send('/__mock/requests')).json();

test('ten tests at once each get all of it, in its order', async () => {
  await using proxy = await replaying();
  const both = async (name: string) => [await play(proxy, name), await play(proxy, name)];
  const seen = await Promise.all(Array.from({ length: 10 }, (_, nth) => both(`test ${nth}`)));
  for (const one of seen) expect(one.map(({ text }) => text)).toEqual(recorded);
  expect((await play(proxy, 'test 0')).text).toContain('was played already');
});

test('an answer, and its entry, name the recorded request', async () => {
  await using proxy = await replaying();
  const { source } = await play(proxy, 'one');
  expect(source).toMatch(/^replay\/0+1-/);
  const { requests } = await journalOf(proxy);
  expect(requests).toMatchObject([
    { test_id: 'one', body: request, answer: { status: 200, stop_reason: 'end_turn', source } },
  ]);
  expect(requests[0]?.attempts).toMatchObject([{ status: 200, faults: [] }]);
});

test('what nothing recorded answers is in the journal, with the error', async () => {
  await using proxy = await replaying();
  await (await proxy.send('/v1/messages', { ...hello, max_tokens: 65 })).text();
  expect((await journalOf(proxy)).requests).toMatchObject([
    {
      body: { ...hello, max_tokens: 65 },
      answer: { status: 400, error: { type: 'invalid_request_error' }, source: null },
      attempts: [],
    },
  ]);
});

test('after a reset it plays from its beginning, and faults can be set for one test', async () => {
  await using proxy = await replaying();
  expect((await play(proxy, 'one')).text).toBe(recorded[0] as string);
  await proxy.send('/__mock/faults', { faults: 'http-400@1', test_id: 'one' });
  expect((await play(proxy, 'one')).text).toContain('invalid_request_error');
  expect((await play(proxy, 'two')).text).toBe(recorded[0] as string);
  await proxy.send('/__mock/reset', { test_id: 'one' });
  expect([(await play(proxy, 'one')).text, (await play(proxy, 'one')).text]).toEqual(recorded);
});

test('at the end it is told what each test has played, and nothing of a world that nobody has used', async () => {
  const proxy = await replaying();
  await play(proxy, 'one');
  await play(proxy, 'two');
  await play(proxy, 'two');
  await proxy[Symbol.asyncDispose]();
  const told = proxy.lines.flatMap(({ msg }) => (String(msg).startsWith('played ') ? [String(msg)] : []));
  expect(told).toEqual([
    expect.stringMatching(/^played 1 of 2 .*nobody asked for 0+2-/),
    'played 2 of 2 recorded requests, 0 misses',
  ]);
});
