/** A recording with one bad request: that one is told, and all the others are played. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { DAMAGES, edit } from '../../support/damages.ts';
import { startProxy } from '../../support/proxy.ts';
import { ask, good, recordingProxy, streamed } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'damaged-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Long enough to be a blob of its own. */
const asking = (letter: string) => ({ ...streamed, system: letter.repeat(2_000) });
const first = asking('a');
const second = asking('b');

beforeAll(async () => {
  await using proxy = await recordingProxy(join(root, 'whole'), [good, good]);
  await ask(proxy, { request: first });
  await ask(proxy, { request: second });
});

/** A copy in which the first of the two requests is broken. */
function damaged(damage: (folder: string) => void): string {
  const folder = join(root, Bun.randomUUIDv7());
  cpSync(join(root, 'whole'), folder, { recursive: true });
  damage(join(folder, '001-sdk'));
  return folder;
}

describe.each([...DAMAGES])('where $what', ({ damage, told, losesRequest = false }) => {
  test('a replay says so at its start, and answers every other request', async () => {
    const folder = damaged(damage);
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const warnings = replay.lines.filter((line) => line['recorded'] === '001-sdk');
    expect(warnings.map((line) => line['msg'])).toEqual([expect.stringMatching(told)]);
    expect(await ask(replay, { request: second })).toContain('message_stop');

    const response = await replay.send('/v1/messages', first);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([400, 'false']);
    const { error } = await response.json();
    if (losesRequest) expect(error.message).toContain('(1 recorded requests cannot be read)');
    else expect(error.message).toMatch(told);
  });

  test('--verify names it, and sends the others', async () => {
    const { requests, problems } = await verifyRecording(damaged(damage), 1);
    expect(requests).toBe(1);
    expect(problems).toEqual([expect.stringMatching(told)]);
    expect(problems[0]).toStartWith('001-sdk was not sent: ');
  });
});

test('the end of a replay tells what it could not play', async () => {
  const folder = damaged((request) => edit(request, 'expected.sse', (text) => text.replace('{', '{ ')));
  let lines: Record<string, unknown>[] = [];
  {
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    await ask(replay, { request: second });
    lines = replay.lines;
  }
  expect(lines.at(-1)).toMatchObject({
    msg: 'played 1 of 2 recorded requests, 0 misses; cannot be played: 001-sdk',
    unusable: ['001-sdk'],
  });
});
