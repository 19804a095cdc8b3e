import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, createSeededRandom, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import { Recorder } from '../../../src/sim/record/recorder.ts';
import { tapBody } from '../../../src/sim/record/tap.ts';
import { createWriter } from '../../../src/sim/record/writer.ts';
import { createRedactor } from '../../../src/sim/redact.ts';
import { createReplayFetch } from '../../../src/sim/replay/replay-fetch.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const root = mkdtempSync(join(tmpdir(), 'recorder-'));
afterAll(() => rmSync(root, { recursive: true }));

const URL_OF_GOOGLE = 'https://google.test/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse';
const exchange = { id: 'req_1', labels: {}, note: () => {} };
const problems: string[] = [];

const open = (folder: string, maxBytes = 1_000, clock: Clock = systemClock) =>
  new Recorder({
    folder,
    maxBytes,
    writer: createWriter({
      secrets: [],
      patterns: [],
      wire: { requestHeaders: [], responseHeaders: ['content-type'], query: [] },
    }),
    origin: 'synthetic',
    versions: { proxy: '0', sdk: '0', bun: '0' },
    clock,
    random: createSeededRandom(1),
    isClientGone: () => false,
    onProblem: (message) => void problems.push(message),
  });

/** One client request through `recorder`, with `answers` as its upstream. */
async function record(recorder: Recorder, answers: readonly string[], id = 'req_1') {
  const recording = recorder.begin(
    new Request('http://localhost/v1/x', { method: 'POST', body: '{}' }),
    '/v1/x',
  );
  recording.keepBody(new TextEncoder().encode('{}'));
  recorder.bind(id, recording);
  for (const answer of answers) {
    const inner: Fetch = async () => new Response(answer);
    const response = await recorder.fetch(inner)(
      URL_OF_GOOGLE,
      { method: 'POST', body: '{}' },
      { ...exchange, id },
    );
    expect(await response.text()).toBe(answer);
  }
  const headers = new Headers({ 'content-type': 'application/json' });
  recorder.finish(id, recording, { caller: 'main', keyFingerprint: 'k', status: 200, headers, end: 'whole' });
}

test.each([-3_600_000, 3_600_000])(
  'a wall clock that is set by %p ms while an answer comes: no pause is another, nor any between two requests',
  async (ms) => {
    const clock = new ManualClock();
    const folder = join(root, `clock ${ms}`);
    const recorder = open(folder, 1_000, clock);
    const date = clock.wall().toISOString();
    const recording = recorder.begin(new Request('http://localhost/v1/x', { method: 'POST' }), '/v1/x');
    recording.keepBody(new TextEncoder().encode('{}'));
    recorder.bind('req_1', recording);
    const pieces = ['a', 'b', 'c'];
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await clock.advance(250);
          clock.setWall(ms);
          const piece = pieces.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(new TextEncoder().encode(piece));
        },
      },
      { highWaterMark: 0 },
    );
    const inner: Fetch = async () => new Response(body);
    const init = { method: 'POST', body: '{}' };
    const response = await recorder.fetch(inner)(URL_OF_GOOGLE, init, exchange);
    expect(await response.text()).toBe('abc');
    const outcome = { caller: 'main', keyFingerprint: 'k', status: 200, end: 'whole' } as const;
    recorder.finish('req_1', recording, { ...outcome, headers: new Headers() });
    await recorder.close();
    const recorded = readRecordedRequest(listRecording(folder)[0] ?? '');
    expect([recorded.recordedAt, new Date(recorded.clockStart).toISOString()]).toEqual([date, date]);
    expect(recorded.upstream[0]?.reads.map((read) => read.ms)).toEqual([250, 250, 250]);
    const later = recorder.begin(new Request('http://localhost/v1/x', { method: 'POST' }), '/v1/x');
    later.keepBody(new TextEncoder().encode('{}'));
    recorder.finish('req_2', later, { ...outcome, headers: new Headers() });
    await recorder.close();
    const next = readRecordedRequest(listRecording(folder)[1] ?? '');
    expect([next.clockStart - recorded.clockStart, next.recordedAt]).toEqual([
      1_000,
      clock.wall().toISOString(),
    ]);
  },
);

describe('a recorder', () => {
  test('passes on what it does not record', async () => {
    const recorder = open(join(root, 'other'));
    const inner: Fetch = async () => new Response('plain');
    const response = await recorder.fetch(inner)(URL_OF_GOOGLE, {}, exchange);
    expect(await response.text()).toBe('plain');
    expect(await recorder.close()).toMatchObject({ requests: 0, exchanges: 0 });
  });

  test('overwrites nothing of another one that records into the same folder', async () => {
    const folder = join(root, 'shared');
    const recorders = [open(folder), open(folder)];
    for (const recorder of [...recorders, ...recorders]) await record(recorder, [], crypto.randomUUID());
    for (const recorder of recorders) expect(await recorder.close()).toMatchObject({ requests: 2 });
    expect(listRecording(folder)).toHaveLength(4);
  });

  test('keeps no more of a body than it may, says so, and never replays the rest', async () => {
    const folder = join(root, 'cap');
    const recorder = open(folder, 10);
    await record(recorder, ['x'.repeat(11), 'short']);
    await recorder.close();
    const recorded = readRecordedRequest(listRecording(folder)[0] ?? '');
    expect(recorded.upstream.map(({ truncatedRecording }) => truncatedRecording)).toEqual([true, undefined]);
    expect(recorded.upstream[0]?.reads).toEqual([]);
    const mismatches: string[] = [];
    const replay = createReplayFetch({
      recorded,
      redactor: createRedactor([]),
      time: {
        waitForUpstream: async () => {},
        setUpstreamOpen: () => {},
        standStill: () => new Promise(() => {}),
      },
      onMismatch: (problem) => void mismatches.push(problem),
    });
    const send = () => replay(URL_OF_GOOGLE, { method: 'POST', body: '{}' }, exchange);
    expect([(await send()).status, (await send()).status]).toEqual([400, 200]);
    expect(mismatches).toEqual(['upstream answer 1 was too large to be recorded whole']);
  });

  test('keeps requests that run side by side apart', async () => {
    const folder = join(root, 'side-by-side');
    const recorder = open(folder);
    await Promise.all(['a', 'b', 'c'].map((id) => record(recorder, [`answer ${id}`], id)));
    expect(await recorder.close()).toMatchObject({ requests: 3, exchanges: 3 });
    const texts = listRecording(folder).map((path) =>
      readRecordedRequest(path).upstream.map(({ reads }) =>
        Buffer.concat(reads.map((read) => read.bytes)).toString(),
      ),
    );
    expect(texts).toEqual([['answer a'], ['answer b'], ['answer c']]);
  });

  test('tells of a request that it cannot write, and goes on', async () => {
    const folder = join(root, 'blocked');
    const recorder = open(folder);
    writeFileSync(folder, 'a file stands where the folder should be');
    await record(recorder, ['answer']);
    expect(await recorder.close()).toMatchObject({ requests: 0, unrecorded: 1 });
    expect(problems.at(-1)).toContain('could not be recorded');
  });
});

describe('a tap', () => {
  const watch = () => {
    const seen: string[] = [];
    const events = {
      read: (bytes: Uint8Array) => void seen.push(new TextDecoder().decode(bytes)),
      end: () => void seen.push('end'),
      fail: (error: unknown) => void seen.push(`failed: ${error}`),
      cancel: () => void seen.push('left'),
    };
    return { seen, events };
  };

  test('reads nothing before somebody asks', async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.enqueue(Uint8Array.of(++pulled)) },
      { highWaterMark: 0 },
    );
    const reader = tapBody(source, watch().events).getReader();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBe(0);
    await reader.read();
    expect(pulled).toBe(1);
  });

  test('passes on bytes by reference, and the failure', async () => {
    const bytes = new TextEncoder().encode('a');
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (seen.length > 0) throw new Error('broken');
          controller.enqueue(bytes);
        },
      },
      { highWaterMark: 0 },
    );
    const { seen, events } = watch();
    const reader = tapBody(source, events).getReader();
    expect((await reader.read()).value).toBe(bytes);
    expect(await reader.read().catch(String)).toBe('Error: broken');
    expect(seen).toEqual(['a', 'failed: Error: broken']);
  });

  test('leaves with its reader', async () => {
    let left: unknown;
    const source = new ReadableStream<Uint8Array>({
      cancel(reason) {
        left = reason;
      },
    });
    const { seen, events } = watch();
    await tapBody(source, events).cancel('enough');
    expect([left, seen]).toEqual(['enough', ['left']]);
  });
});
