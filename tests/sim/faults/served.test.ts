/** `FAULTS` in a whole proxy. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestedText } from '../../../src/config/config.ts';
import { faultNames } from '../../../src/sim/faults/index.ts';
import { googleStream, hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';

const strikes = (proxy: TestProxy) =>
  proxy.told('note').flatMap(({ what, detail }) => (what === 'fault' ? [detail] : []));
const good = async () => googleStream(textChunk('Hello '), textChunk('there', 'STOP'));

const streamed = { ...hello, stream: true };

function temporaryFolder() {
  const parent = mkdtempSync(join(tmpdir(), 'faulty-'));
  return {
    path: join(parent, 'session'),
    [Symbol.dispose]: () => rmSync(parent, { recursive: true }),
  };
}

/** Records one answer into `folder`, and returns it. */
async function record(folder: string, env: Record<string, string>): Promise<string> {
  await using proxy = await startProxy({ fetch: good, env: { ...env, RECORD: folder } });
  return (await proxy.send('/v1/messages', streamed)).text();
}

describe('FAULTS', () => {
  test('strikes the mock, and each strike is told', async () => {
    await using proxy = await startProxy({ env: { FAULTS: 'http-400@2' } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await proxy.send('/v1/messages', hello)).status);
    expect(statuses).toEqual([200, 400, 200]);
    expect(strikes(proxy)).toMatchObject([{ fault: 'http-400@2', request: 2 }]);
  });

  test('strikes the network', async () => {
    await using proxy = await startProxy({ fetch: good, env: { FAULTS: 'cut:frame=1' } });
    const text = await (await proxy.send('/v1/messages', streamed)).text();
    expect(text).toContain('"text":"Hello "');
    expect(text).toContain('event: error');
    expect(text).not.toContain('there');
  });

  test('comes before the recorder: what is written down is what the proxy met', async () => {
    using folder = temporaryFolder();
    await record(folder.path, { FAULTS: 'reset:frame=1' });
    const files = readdirSync(folder.path, { recursive: true, encoding: 'utf8' });
    const streams = files.filter((file) => file.endsWith('stream.jsonl'));
    const [stream = ''] = streams.map((file) => readFileSync(join(folder.path, file), 'utf8'));
    expect(stream.trim().split('\n').at(-1)).toContain('"reset"');
  });

  test('strikes a replay', async () => {
    using folder = temporaryFolder();
    const recorded = await record(folder.path, {});
    const replay = { BACKEND: 'replay', REPLAY: folder.path };
    await using faithful = await startProxy({ env: replay });
    expect(await (await faithful.send('/v1/messages', streamed)).text()).toBe(recorded);
    await using proxy = await startProxy({ env: { ...replay, FAULTS: 'cut:frame=1' } });
    const text = await (await proxy.send('/v1/messages', streamed)).text();
    expect(text).toContain('"text":"Hello "');
    expect(text).toContain('event: error');
  });

  test('absent, is not there', async () => {
    await using proxy = await startProxy();
    expect((await proxy.send('/v1/messages', hello)).status).toBe(200);
    expect(strikes(proxy)).toEqual([]);
  });

  test('--help lists every fault', () => {
    const help = requestedText(['--help'])?.replace(/\s+/g, ' ') ?? '';
    expect(help).toContain(faultNames().join(', '));
  });
});
