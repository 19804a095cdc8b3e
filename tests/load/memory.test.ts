/** The memory that large request bodies take, and small ones that unpack to large ones. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { serveUpstream } from '../support/google/upstream.ts';
import { HAS_PROC, peakBytes } from '../support/programs/process-figures.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';
import { textChunk } from '../support/proxy.ts';

const MB = 1024 * 1024;
const TIMEOUT_MS = 90_000;
/** Upstream answers only when so many requests have come: until then their bodies are kept. */
const AT_ONCE = 5;
const folder = mkdtempSync(join(tmpdir(), 'memory-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bodyWith = (...content: string[]) =>
  `{"model":"claude-opus-5-5","max_tokens":16,"messages":[${content.map((one) => `{"role":"user","content":${one}}`).join(',')}]}`;
const callWith = (input: string) =>
  `{"model":"claude-opus-5-5","max_tokens":16,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}`;

const bomb = (piece: string) => gzipSync(callWith(`{"a":[${piece.repeat((30 * MB) / piece.length)}0]}`));

/** Sends `body` so many times at once; returns the statuses, and the proxy's highest memory. */
async function sendAll(body: Uint8Array<ArrayBuffer>, times: number, headers: Record<string, string> = {}) {
  const held = Promise.withResolvers<void>();
  let asked = 0;
  using upstream = serveUpstream(async () => {
    asked++;
    if (asked === AT_ONCE) held.resolve();
    await held.promise;
    return Response.json(textChunk('Hi', 'STOP'));
  });
  const env = { BACKEND: 'gemini', GEMINI_API_KEY: 'key-of-a-test', GOOGLE_GEMINI_BASE_URL: upstream.url };
  const proxy: ProxyProcess = await startProxy({ folder, env: { ...env, LOG_LEVEL: 'ERROR' } });
  try {
    const post = async () => {
      const response = await fetch(`${proxy.url}/v1/messages`, {
        method: 'POST',
        headers: { 'anthropic-version': '2023-06-01', ...headers },
        body,
      });
      await response.arrayBuffer();
      return response.status;
    };
    const all = await Promise.all(Array.from({ length: times }, post));
    return { statuses: [...new Set(all)], peak: peakBytes(proxy.pid) };
  } finally {
    held.resolve();
    await proxy.stop();
  }
}

describe.skipIf(!HAS_PROC)('memory', () => {
  test.each(['[],', '{},', '1,', '"",', '{"a":1},'])(
    '40 bodies of some 100 kB that unpack to 30 MB of %s at once are refused, and cost next to nothing',
    async (piece) => {
      const { statuses, peak } = await sendAll(bomb(piece), 40, { 'content-encoding': 'gzip' });
      expect(statuses).toEqual([413]);
      expect(peak).toBeLessThan(450 * MB);
    },
    TIMEOUT_MS,
  );

  test.each<[string, string]>([
    ['of one text', bodyWith(JSON.stringify('lorem ipsum '.repeat((31 * MB) / 12)))],
    ['of many messages', bodyWith(...Array<string>(90_000).fill(JSON.stringify('hello world '.repeat(26))))],
  ])(
    '14 honest bodies of 31 MB at once %s are answered: some wait for their room',
    async (_name, body) => {
      const { statuses, peak } = await sendAll(new TextEncoder().encode(body), 14);
      expect(statuses).toEqual([200]);
      expect(peak).toBeLessThan(3_000 * MB);
    },
    TIMEOUT_MS,
  );
});
