/**
 * A client stops reading while upstream has a very long answer for it. The proxy (a process of its own) keeps only a
 * few buffers and makes upstream wait. Then the client leaves, or reads on.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaw } from '../support/clients/raw-client.ts';
import { type Measured, measured, sse } from '../support/google/load-upstream.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import { HAS_PROC, residentBytes } from '../support/programs/process-figures.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';
import { hello, textChunk } from '../support/proxy.ts';

const MB = 1024 * 1024;
const UPSTREAM_BYTES = 60 * MB;
const WARM_UPS = 3;
const WARM_UP_BYTES = 20 * MB;
const MAX_GROWTH = 16 * MB;
/** Bytes that may be on their way: some megabytes in the sockets of each connection, and Bun's buffers. */
const ON_THE_WAY = 48 * MB;
/** With much memory the collector is lazy, and garbage would look like held memory. */
const COLLECT_EARLY = { BUN_JSC_forceRAMSize: String(256 * MB) };
const TIMEOUT_MS = 30_000;
/** Milliseconds. Upstream counts as waiting if nothing was taken from it in that time. */
const QUIET_MS = 500;
const SETTLE_MS = 5_000;
const LOOK_MS = 20;

const PIECE = 'slow reader '.repeat(1_365);

/** No two pieces are the same, so none is taken for a repetition. */
const pieceOf = (index: number): string => `${index} ${PIECE}`;

/** Until so many bytes were sent; `onSent` is told how many pieces that were. */
function* chunks(bytes: number, onSent: (pieces: number) => void): Generator<Uint8Array> {
  let size = 0;
  let index = 0;
  while (size < bytes) {
    const chunk = sse(textChunk(pieceOf(index++)));
    size += chunk.byteLength;
    yield chunk;
  }
  onSent(index);
  yield sse(textChunk('the end', 'STOP'));
}

/** The client sets no limit that would end it. */
const streamed = JSON.stringify({ ...hello, max_tokens: 1_000_000_000, stream: true });
const head = ['host: localhost', 'anthropic-version: 2023-06-01', `content-length: ${streamed.length}`];
const REQUEST = `POST /v1/messages HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${streamed}`;

async function* lines(response: Response): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const whole = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = whole.pop() ?? '';
    yield* whole;
  }
}

describe.skipIf(!HAS_PROC)('a client that stops reading, with 60 MB to come', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slow-reader-'));
  let size = WARM_UP_BYTES;
  let body: Measured | undefined;
  let sent = 0;
  const upstream = serveUpstream(() => {
    body = measured(chunks(size, (pieces) => (sent = pieces)));
    return body.response;
  });
  const gemini = { BACKEND: 'gemini', GEMINI_API_KEY: 'key-of-a-test', GOOGLE_GEMINI_BASE_URL: upstream.url };
  let proxy: ProxyProcess;
  /** The memory that it takes with a client that reads. */
  let warm = 0;

  const ask = () =>
    fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      body: streamed,
      headers: { 'anthropic-version': '2023-06-01' },
    });
  const streamsInFlight = async () =>
    (await (await fetch(`${proxy.url}/health`)).json())['streams_in_flight'];

  beforeAll(async () => {
    proxy = await startProxy({ folder, env: { ...gemini, ...COLLECT_EARLY } });
    for (let i = 0; i < WARM_UPS; i++) {
      const { body } = await ask();
      for await (const _ of body ?? []) warm = Math.max(warm, residentBytes(proxy.pid));
    }
    size = UPSTREAM_BYTES;
  }, TIMEOUT_MS);
  afterAll(async () => {
    await proxy.crash();
    upstream[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Resolves when upstream waits and memory is normal, or with what is wrong. */
  async function held(): Promise<string> {
    let taken = -1;
    let quiet = 0;
    let growth = Infinity;
    for (let waited = 0; waited < SETTLE_MS; waited += LOOK_MS) {
      await Bun.sleep(LOOK_MS);
      quiet = body?.taken() === taken ? quiet + LOOK_MS : 0;
      taken = body?.taken() ?? 0;
      growth = residentBytes(proxy.pid) - warm;
      if (quiet >= QUIET_MS && growth < MAX_GROWTH && taken < ON_THE_WAY) return 'held';
    }
    const [took, grew] = [taken, growth].map((bytes) => Math.round(bytes / MB));
    return `${took} MB taken from upstream, ${quiet} ms without any; ${grew} MB of memory more`;
  }

  test(
    'it leaves: memory was bounded, upstream waited, and is closed',
    async () => {
      const client = await openRaw(Number(new URL(proxy.url).port));
      client.write(REQUEST);
      while (!client.seen().includes('slow reader')) await Bun.sleep(1);
      client.socket.pause();
      expect(await held()).toBe('held');
      expect(await streamsInFlight()).toBe(1);
      client.socket.destroy();
      expect(await body?.over).toBe('left');
      while ((await streamsInFlight()) > 0) await Bun.sleep(1);
    },
    TIMEOUT_MS,
  );

  test(
    'it goes on: it gets everything',
    async () => {
      const response = await ask();
      const said = new Bun.CryptoHasher('sha1');
      let last = '';
      let waited = 0;
      for await (const line of lines(response)) {
        if (!line.startsWith('data: ')) continue;
        const event = JSON.parse(line.slice('data: '.length));
        last = event.type;
        if (event.type !== 'content_block_delta') continue;
        said.update(event.delta.text);
        if (waited++ === 0) expect(await held()).toBe('held');
      }
      const expected = new Bun.CryptoHasher('sha1');
      for (let index = 0; index < sent; index++) expected.update(pieceOf(index));
      expect(said.digest('hex')).toBe(expected.update('the end').digest('hex'));
      expect([last, await body?.over]).toEqual(['message_stop', 'read to its end']);
    },
    TIMEOUT_MS,
  );
});
