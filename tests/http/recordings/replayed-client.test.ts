/**
 * A client that is played again never does quite the same: its tools end in another order, it makes up other names, it
 * leaves at another moment.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carryOver } from '../../../src/compose/carry-over.ts';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { systemClock } from '../../../src/lib/ports.ts';
import { VirtualClock } from '../../../src/sim/replay/virtual-clock.ts';
import { hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';
import { ask, event, good, onlyRequest, pieces, recordingProxy, streamed } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'replayed-client-'));
afterAll(() => rmSync(root, { recursive: true }));

const askStream = (proxy: TestProxy, signal: AbortSignal) =>
  fetch(`${proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(streamed),
    signal,
  });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const hasLeft = (proxy: TestProxy) => proxy.lines.some((line) => line['status'] === 499);

/** A recording of the replay has the same answer, as far as the client had it. */
async function carriesOver(folder: string): Promise<void> {
  const { answer } = onlyRequest(folder);
  expect(await carryOver(folder, `${folder}-now`)).toEqual({ requests: 1, changed: 0, lines: [], lost: 0 });
  expect(onlyRequest(`${folder}-now`).answer).toEqual(answer);
}

/** Leaves at `moment`, before anything was said. */
async function leave(proxy: TestProxy, moment: Promise<void>): Promise<void> {
  const leaving = new AbortController();
  const asking = askStream(proxy, leaving.signal).then(
    () => 'answered',
    () => 'left',
  );
  await moment;
  leaving.abort();
  expect(await asking).toBe('left');
  await until(() => hasLeft(proxy));
}

/** Reads `length` bytes, makes sure that no more come by themselves, and leaves. */
async function leaveAfter(proxy: TestProxy, length: number): Promise<Uint8Array> {
  const leaving = new AbortController();
  const reader = (await askStream(proxy, leaving.signal)).body?.getReader();
  const read: Uint8Array[] = [];
  const size = () => read.reduce((sum, bytes) => sum + bytes.length, 0);
  while (size() < length) read.push((await reader?.read())?.value ?? new Uint8Array());
  const more = reader?.read().then(
    () => 'more',
    () => 'none',
  );
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  leaving.abort();
  expect(await more).toBe('none');
  await until(() => hasLeft(proxy));
  return new Uint8Array(Buffer.concat(read));
}

describe('played again by', () => {
  test('tools that end in another order than then', async () => {
    const folder = join(root, 'another-order');
    const call = (id: string) => ({ type: 'tool_use', id, name: 'Read', input: { id } });
    const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: `what ${id} gave` });
    const request = (...ids: string[]) => ({
      ...streamed,
      messages: [
        ...hello.messages,
        { role: 'assistant', content: ['toolu_a', 'toolu_b'].map(call) },
        { role: 'user', content: ids.map(result) },
      ],
    });
    let answer = '';
    {
      await using proxy = await recordingProxy(folder, [good]);
      answer = await ask(proxy, { request: request('toolu_b', 'toolu_a') });
    }
    await using replayed = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    expect(await ask(replayed, { request: request('toolu_a', 'toolu_b') })).toBe(answer);
  });

  test('a client that gives its work in the background another name', async () => {
    const folder = join(root, 'another-name');
    const launch = { type: 'tool_use', id: 'toolu_a', name: 'Bash', input: { run_in_background: true } };
    const request = (task: string, ...more: object[]) => ({
      ...streamed,
      tools: [
        { name: 'TaskStop', input_schema: { type: 'object', properties: { task_id: { type: 'string' } } } },
      ],
      messages: [
        ...hello.messages,
        { role: 'assistant', content: [launch] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_a', content: `in background with ID: ${task}. ` },
          ],
        },
        ...more,
      ],
    });
    const stop = (task: string) => {
      const functionCall = { name: 'TaskStop', args: { task_id: task } };
      return {
        candidates: [
          { index: 0, content: { role: 'model', parts: [{ functionCall }] }, finishReason: 'STOP' },
        ],
      };
    };
    const stopped = (task: string) => [
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_b', name: 'TaskStop', input: { task_id: task } }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_b', content: `stopped ${task}` }],
      },
    ];
    const asked = async (proxy: TestProxy, task: string) => [
      await ask(proxy, { request: request(task) }),
      await ask(proxy, { request: request(task, ...stopped(task)) }),
    ];
    let then: string[] = [];
    {
      await using proxy = await recordingProxy(folder, [pieces(event(stop('bthen0000'))), good]);
      then = await asked(proxy, 'bthen0000');
    }
    await using replayed = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const now = await asked(replayed, 'bnow00000');
    expect(then[0]).toContain('bthen0000');
    expect(now).toEqual(then.map((answer) => answer.replaceAll('bthen0000', 'bnow00000')));
  });

  test('a client that leaves in the middle', async () => {
    const folder = join(root, 'leaves');
    {
      const attempts = [pieces(event(textChunk('half a')), 'SILENCE')];
      const clock = systemClock;
      const virtual = new VirtualClock(0, () => 1e9, systemClock);
      await using proxy = await startProxy({
        clock,
        env: { RECORD: folder },
        fetch: async (_url, init) => attempts[0]?.(virtual, init) ?? Response.error(),
      });
      const leaving = new AbortController();
      const response = await askStream(proxy, leaving.signal);
      const reader = response.body?.getReader();
      let text = '';
      while (!text.includes('half a')) text += new TextDecoder().decode((await reader?.read())?.value);
      leaving.abort();
      await until(() => hasLeft(proxy));
    }
    const recorded = onlyRequest(folder);
    expect(recorded.answer.end).toBe('client-gone');
    expect(recorded.upstream[0]?.end).toMatchObject({ kind: 'abort', side: 'client' });
    expect((await verifyRecording(folder, 1)).problems).toEqual([]);
    await carriesOver(folder);
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const again = await leaveAfter(replay, recorded.answer.bytes.length);
    expect(again).toEqual(recorded.answer.bytes);
    expect(replay.lines.filter((line) => line['level'] === 'error' || 'error' in line)).toEqual([]);
  });

  test('a client that leaves before anything is said', async () => {
    const folder = join(root, 'leaves-early');
    const asked = Promise.withResolvers<void>();
    {
      await using proxy = await startProxy({
        env: { RECORD: folder },
        fetch: async (_url, { signal }) => {
          asked.resolve();
          await new Promise((_resolve, reject) =>
            signal?.addEventListener('abort', () => reject(signal.reason)),
          );
          return Response.error();
        },
      });
      await leave(proxy, asked.promise);
    }
    expect(onlyRequest(folder).answer).toMatchObject({ end: 'client-gone', bytes: new Uint8Array() });
    expect((await verifyRecording(folder, 1)).problems).toEqual([]);
    await carriesOver(folder);
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const played = () => replay.lines.some((line) => 'recorded' in line);
    await leave(replay, until(played));
    expect(replay.lines.filter((line) => line['level'] === 'error' || 'error' in line)).toEqual([]);
  });
});
