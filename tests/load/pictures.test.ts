/** A picture of 15 million pixels in 8 kB: everybody else is served while it is decoded. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeGif } from '../support/made/gif.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';

const TIMEOUT_MS = 60_000;
/** Milliseconds that a strict liveness probe allows. */
const LIVE_MS = 100;
/** A busy machine may be late for other reasons. A proxy that a picture blocks is late each time. */
const ROUNDS = 4;

const folder = mkdtempSync(join(tmpdir(), 'pictures-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function send(proxy: ProxyProcess, gif: Buffer): Promise<number> {
  const source = { type: 'base64', media_type: 'image/gif', data: gif.toString('base64') };
  const content = [
    { type: 'image', source },
    { type: 'text', text: 'What is it?' },
  ];
  const request = { model: 'claude-opus-5-5', max_tokens: 16, messages: [{ role: 'user', content }] };
  return fetch(`${proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(request),
  }).then(async (response) => {
    await response.arrayBuffer();
    return response.status;
  });
}

/** Asks for `/livez` again and again until `done`; returns the milliseconds of each answer. */
async function live(proxy: ProxyProcess, done: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  while (!isDone) {
    const begun = performance.now();
    const response = await fetch(`${proxy.url}/livez`);
    await response.arrayBuffer();
    times.push(performance.now() - begun);
  }
  return times;
}

test(
  'the proxy says that it lives, within 100 ms each time, while two of them are decoded',
  async () => {
    const proxy = await startProxy({ folder, env: { BACKEND: 'mock', LOG_LEVEL: 'ERROR' } });
    try {
      await live(proxy, send(proxy, largeGif(2, 2)));
      const slowest: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        // Other pictures than in the round before, which are cached.
        const both = [1, 2].map((one) => send(proxy, largeGif(5_000, 3_000 - 2 * round - one)));
        const times = await live(proxy, Promise.all(both));
        expect(await Promise.all(both)).toEqual([200, 200]);
        // If it were blocked, it would answer only once, when the pictures are done.
        expect(times.length).toBeGreaterThan(5);
        slowest.push(Math.max(...times));
      }
      expect(Math.min(...slowest)).toBeLessThan(LIVE_MS);
    } finally {
      await proxy.stop();
    }
  },
  TIMEOUT_MS,
);
