import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { VERSION } from '../../../src/config/config.ts';
import { listRecording } from '../../../src/sim/cassette/read.ts';
import { edit } from '../../support/damages.ts';
import { googleError, hello, startProxy } from '../../support/proxy.ts';
import { ask, good, recordingProxy, streamed } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'recording-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a recording', () => {
  test('is private, numbered in order of arrival, and goes on where it stopped', async () => {
    const folder = join(root, 'goes-on');
    for (let i = 0; i < 2; i++) {
      await using proxy = await recordingProxy(folder, [good]);
      await ask(proxy, {});
    }
    expect(readdirSync(folder).sort()).toEqual(['001-sdk', '002-sdk', 'recording.json']);
    expect(statSync(join(folder, '001-sdk/expected.json')).mode & 0o777).toBe(0o600);
  });

  test('is begun anew where somebody removes it meanwhile', async () => {
    const folder = join(root, 'removed');
    {
      await using proxy = await recordingProxy(folder, [good]);
      rmSync(folder, { recursive: true });
      await ask(proxy, {});
    }
    expect(readdirSync(folder).sort()).toEqual(['001-sdk', 'recording.json']);
    expect(await verifyRecording(folder, 1)).toEqual({ requests: 1, problems: [] });
  });

  test('is not mixed with other things, nor with other settings', async () => {
    const folder = join(root, 'other');
    {
      await using proxy = await recordingProxy(folder, [good]);
      await ask(proxy, {});
    }
    expect(recordingProxy(folder, [], { BIG_MODEL: 'gemini-3-pro' })).rejects.toThrow(
      'recorded with other settings (recorded ≠ now: modelMap: {',
    );
    expect(recordingProxy(root, [])).rejects.toThrow('not a recording');
  });

  test('has nothing of a client without the key', async () => {
    const folder = join(root, 'refused');
    await using proxy = await recordingProxy(folder, [], { PROXY_API_KEY: 'right-key' });
    expect((await proxy.send('/v1/messages', hello, { 'x-api-key': 'wrong-key' })).status).toBe(401);
    expect(listRecording(folder)).toEqual([]);
  });

  test('ends with a summary in the log', async () => {
    const folder = join(root, 'summary');
    let lines: Record<string, unknown>[] = [];
    {
      await using proxy = await recordingProxy(folder, [() => googleError(503, 'UNAVAILABLE', 'busy'), good]);
      await ask(proxy, { request: { ...hello, system: 'Write to me@example.com' } });
      lines = proxy.lines;
    }
    expect(lines.at(-1)).toMatchObject({
      requests: 1,
      exchanges: 2,
      unrecorded: 0,
      models: { 'gemini-4-argon': 2 },
      anomalies: { error: 1, 'status 503': 1 },
      redactions: { email: 3 },
    });
    expect(lines.at(-1)?.['msg']).toContain('recorded 1 requests with 2 upstream exchanges');
  });
});

describe('a replay', () => {
  const folder = join(root, 'replayed');
  const record = async () => {
    await using proxy = await recordingProxy(folder, [good]);
    await ask(proxy, { request: { ...streamed, metadata: { user_id: 'first' } } });
  };

  test('names the closest request and the difference where it has none', async () => {
    await record();
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const request = { ...streamed, max_tokens: 65, temperature: 1 };
    const response = await replay.send('/v1/messages', request);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([400, 'false']);
    const { error } = await response.json();
    expect(error.message).toContain('closest is 001-sdk');
    // Clients show it in one line.
    expect(error.message).toEndWith("max_tokens: 64 ≠ 65; the proxy's log has 2 more");
    expect(replay.lines.some((line) => String(line['msg']).includes('max_tokens: 64'))).toBe(true);
  });

  test('finds the request under another user id', async () => {
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const response = await replay.send('/v1/messages', { ...streamed, metadata: { user_id: 'second' } });
    expect(response.status).toBe(200);
  });

  test('says so where the translation sends something else than then', async () => {
    const path = join(folder, '001-sdk/upstream/01/request.body');
    await Bun.write(path, readFileSync(path, 'utf8').replace('hello', 'hullo'));
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const response = await replay.send('/v1/messages', { ...streamed, metadata: { user_id: 'x' } });
    const { error } = await response.json();
    expect(error.message).toContain('upstream request 1 is not the recorded one');
    expect(error.message).toContain('contents[0].parts[0].text: "hullo" ≠ "hello"');
  });

  test('says so with the version of the proxy that recorded, where that was another one', async () => {
    edit(join(folder, '001-sdk'), 'meta.json', (text) =>
      text.replace(/"proxy": "[^"]+"/, '"proxy": "0.0.1"'),
    );
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: folder } });
    const response = await replay.send('/v1/messages', { ...streamed, metadata: { user_id: 'x' } });
    const { error } = await response.json();
    expect(error.message).toContain(`(recorded by version 0.0.1 ≠ now, by ${VERSION}):`);
  });

  test('reaches no network, and touches no signature', async () => {
    await using replay = await startProxy({
      env: { BACKEND: 'replay', REPLAY: folder, GEMINI_API_KEY: 'AIza-a-real-key-0000' },
      fetch: () => {
        throw new Error('the network was reached');
      },
    });
    for (const body of [streamed, { ...streamed, max_tokens: 1 }])
      await (await replay.send('/v1/messages', body)).text();
    const connection = await replay.send('/test-connection');
    expect(await connection.text()).toContain('a replay reaches no network');
    expect(replay.lines.filter((line) => JSON.stringify(line).includes('the network was reached'))).toEqual(
      [],
    );
  });
});
