/**
 * SIGTERM under load: answers under way end completely, new requests are refused with a reason, and requests that never
 * become whole are not waited for.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaw } from '../support/clients/raw-client.ts';
import { heldUpstream, reader, turns, until } from '../support/google/held-upstream.ts';
import { sse } from '../support/google/load-upstream.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type ProxyProcess, startProxy as startProcess } from '../support/programs/proxy-process.ts';
import { eventNames, hello, startProxy, textChunk } from '../support/proxy.ts';

const STREAMS = 21;
/** Longer than a test may take: if the test ends, this was not waited for. */
const GRACE_MS = 30_000;
const EXIT_FAILED = 1;

const streamed = { ...hello, stream: true };
const body = JSON.stringify(streamed);
const headers = { 'anthropic-version': '2023-06-01' };
const READY = 'GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n';
const HALF = `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nanthropic-version: 2023-06-01\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 20)}`;

/** Begins every answer, and ends all of them when it is told to. */
function waitingUpstream() {
  const go = Promise.withResolvers<void>();
  const server = serveUpstream(() => {
    const answer = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(sse(textChunk('begun, ')));
        await go.promise;
        controller.enqueue(sse(textChunk('ended', 'STOP')));
        controller.close();
      },
    });
    return new Response(answer, { headers: { 'content-type': 'text/event-stream' } });
  });
  const env = { BACKEND: 'gemini', GEMINI_API_KEY: 'key-of-a-test', GOOGLE_GEMINI_BASE_URL: server.url };
  return { env, go: go.resolve, [Symbol.dispose]: () => server[Symbol.dispose]() };
}

async function openStream(url: string) {
  const events = reader(await fetch(`${url}/v1/messages`, { method: 'POST', body, headers }));
  await events.until('begun');
  return events;
}

describe('SIGTERM to the process', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drain-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function statusOf(proxy: ProxyProcess, path: string, init: RequestInit = {}): Promise<number> {
    return (await fetch(`${proxy.url}${path}`, { ...init, headers })).status;
  }

  test(`${STREAMS} answers end whole, and no new one begins`, async () => {
    using upstream = waitingUpstream();
    const proxy = await startProcess({ folder, env: upstream.env });
    const port = Number(new URL(proxy.url).port);
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => openStream(proxy.url)));
    const [idle, halfBody, halfHead] = [await openRaw(port), await openRaw(port), await openRaw(port)];
    idle.write(READY);
    expect((await idle.answers(1))[0]?.status).toBe(200);
    halfBody.write(HALF);
    halfHead.write('POST /v1/messages HTTP/1.1\r\nhost: loc');

    proxy.signal('SIGTERM');
    while ((await statusOf(proxy, '/readyz')) === 200) await turns();
    expect(await statusOf(proxy, '/readyz')).toBe(503);
    idle.write(READY);
    expect((await idle.answers(2))[1]?.status).toBe(503);
    expect(await statusOf(proxy, '/livez')).toBe(200);
    const refused = await fetch(`${proxy.url}/v1/messages`, { method: 'POST', body, headers });
    expect([refused.status, (await refused.json()).error.type]).toEqual([503, 'api_error']);
    const { draining, streams_in_flight } = await (await fetch(`${proxy.url}/health`)).json();
    expect({ draining, streams_in_flight }).toEqual({ draining: true, streams_in_flight: STREAMS });

    upstream.go();
    const texts = await Promise.all(streams.map((stream) => stream.rest()));
    for (const text of texts) {
      expect(text).toContain('ended');
      expect(eventNames(text).at(-1)).toBe('message_stop');
    }
    expect(await proxy.exited).toBe(0);
    expect(proxy.output()).toContain(`closing: waits up to 30 s for ${STREAMS} answers under way`);
    await Promise.all([idle.closed, halfBody.closed, halfHead.closed]);
    expect(proxy.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });

  test('a second one ends it at once, whatever is under way', async () => {
    using upstream = waitingUpstream();
    const proxy = await startProcess({ folder, env: upstream.env });
    const stream = await openStream(proxy.url);
    proxy.signal('SIGTERM');
    while ((await statusOf(proxy, '/readyz')) === 200) await turns();
    let code: number | undefined;
    void proxy.exited.then((exit) => {
      code = exit;
    });
    // Signals that come very early may not be meant: one to the group comes twice by itself.
    while (code === undefined) {
      proxy.signal('SIGTERM');
      await turns();
    }
    expect(code).toBe(EXIT_FAILED);
    await stream.rest().catch(() => {});
  });
});

describe('the time that answers have', () => {
  test('one that ends within it ends whole; one that does not is told to come back, and upstream is left', async () => {
    const clock = new ManualClock();
    const upstreams = [heldUpstream(), heldUpstream()];
    let asked = 0;
    await using proxy = await startProxy({
      clock,
      fetch: (url, init, exchange) => {
        const upstream = upstreams[asked++];
        if (!upstream) throw new Error('asked once too often');
        upstream.openHead();
        return upstream.fetch(url, init, exchange);
      },
    });
    const streams = [];
    for (const upstream of upstreams) {
      const pending = proxy.send('/v1/messages', streamed);
      await upstream.asked;
      await turns();
      upstream.push(textChunk('begun, '));
      const events = reader(await pending);
      await events.until('begun');
      streams.push(events);
    }
    const closed = proxy.close(GRACE_MS);
    await clock.advance(GRACE_MS - 1_000);
    upstreams[0]?.push(textChunk('ended', 'STOP'));
    upstreams[0]?.close();
    expect(eventNames((await streams[0]?.rest()) ?? '').at(-1)).toBe('message_stop');
    await clock.advance(999);
    expect((await proxy.send('/readyz')).status).toBe(503);
    await clock.advance(1);
    const text = (await streams[1]?.rest()) ?? '';
    expect(eventNames(text).at(-1)).toBe('error');
    expect(text).toContain('"type":"overloaded_error"');
    await upstreams[1]?.left;
    await clock.advance(1_000);
    await closed;
    await until(() => clock.sleeping === 0);
    await expect(proxy.send('/readyz')).rejects.toThrow();
  });

  test('a request that is only half there is not waited for', async () => {
    const clock = new ManualClock();
    await using proxy = await startProxy({ clock });
    const client = await openRaw(proxy.port);
    client.write(HALF);
    await turns();
    const closed = proxy.close(GRACE_MS);
    await clock.advance(1_000);
    await closed;
    await client.closed;
  });
});
