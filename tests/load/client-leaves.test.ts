/**
 * A client leaves, in every phase of an answer and in every way, with real sockets on both sides: upstream is closed at
 * once and not asked again, and the log has one line that is no error.
 */
import { describe, expect, test } from 'bun:test';
import { openRaw } from '../support/clients/raw-client.ts';
import { turns, until } from '../support/google/held-upstream.ts';
import { sse } from '../support/google/load-upstream.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { googleError, hello, startProxy, type TestProxy, textChunk } from '../support/proxy.ts';

const CLIENT_GONE = 499;

const parts = (...list: object[]) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: list } }],
});
const thought = sse(parts({ text: 'Hm', thought: true }));
const text = sse(textChunk('Look'));
const halfCall = sse(
  parts({
    functionCall: {
      name: 'look',
      willContinue: true,
      partialArgs: [{ jsonPath: '$.at', stringValue: 'the ' }],
    },
  }),
);
const lastEvent = sse(textChunk('ing', 'STOP'));

/** Says `pieces`, then nothing more. */
const says =
  (...pieces: Uint8Array[]) =>
  () =>
    new Response(
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (const piece of pieces) controller.enqueue(piece);
        },
        cancel: () => {},
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    );

type Phase = {
  name: string;
  /** What upstream answers; it never ends an answer. */
  reply(): Response | Promise<Response>;
  /** What the client has read when it leaves. */
  read?: string;
  path?: string;
  /** Milliseconds that pass while the client waits. */
  pass?: number;
  /** The proxy itself waits, and upstream is not asked meanwhile. */
  waits?: true;
};

const perMinute = () => googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded. Please retry in 20s.');
const busy = () => googleError(503, 'UNAVAILABLE', 'The model is overloaded.');
const never = () => new Promise<Response>(() => {});

const PHASES: readonly Phase[] = [
  { name: 'before the head', reply: never },
  { name: 'before the head, its own already sent', reply: never, pass: 8_000, read: 'message_start' },
  { name: 'after an empty head', reply: says(), pass: 8_000, read: 'message_start' },
  { name: 'at the first thought', reply: says(thought), read: 'Hm' },
  { name: 'at the first text', reply: says(text), read: 'Look' },
  { name: 'after a thought and a text', reply: says(thought, text), read: 'Look' },
  { name: 'in the middle of a call', reply: says(text, halfCall), read: 'Look' },
  { name: 'in the last event', reply: says(text, lastEvent.slice(0, -12)), read: 'Look' },
  { name: 'between two attempts', reply: busy, waits: true },
  { name: 'while no key is free', reply: perMinute, waits: true },
  {
    name: 'while no key is free, its head sent',
    reply: perMinute,
    pass: 8_000,
    read: 'message_start',
    waits: true,
  },
  { name: 'waiting for a count', reply: never, path: '/v1/messages/count_tokens' },
  { name: 'waiting for a key to be tested', reply: never, path: '/test-connection' },
];

type Client = { read(what: string): Promise<void>; leave(): void };

/** How a client asks, reads and leaves. */
const WAYS: Record<string, (proxy: TestProxy, path: string, body: string | undefined) => Promise<Client>> = {
  async 'aborts its fetch'(proxy, path, body) {
    const controller = new AbortController();
    const pending = fetch(`${proxy.url}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body }),
      headers: { 'anthropic-version': '2023-06-01' },
      signal: controller.signal,
    });
    pending.catch(() => {});
    let seen = '';
    const read = async (what: string) => {
      const reader = (await pending).body?.getReader();
      while (!seen.includes(what)) seen += Buffer.from((await reader?.read())?.value ?? []).toString();
    };
    return { read, leave: () => controller.abort() };
  },
  async 'destroys its socket'(proxy, path, body) {
    const client = await openRaw(proxy.port);
    client.write(requestOf(path, body));
    return {
      read: (what) => until(() => client.seen().includes(what)),
      leave: () => client.socket.destroy(),
    };
  },
  async 'resets its connection'(proxy, path, body) {
    const client = await openRaw(proxy.port);
    client.write(requestOf(path, body));
    const read = (what: string) => until(() => client.seen().includes(what));
    return { read, leave: () => client.socket.resetAndDestroy() };
  },
};

function requestOf(path: string, body: string | undefined): string {
  const head = ['host: localhost', 'anthropic-version: 2023-06-01'];
  if (body === undefined) return `GET ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`;
  head.push(`content-length: ${body.length}`);
  return `POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Upstream on a socket: it counts requests, and tells when it was left. */
function watchedUpstream(reply: Phase['reply']) {
  const left = Promise.withResolvers<void>();
  let asked = 0;
  const server = serveUpstream((request) => {
    asked++;
    request.signal.addEventListener('abort', () => left.resolve());
    return reply();
  });
  const env = { BACKEND: 'gemini', GEMINI_API_KEY: 'key-of-a-test', GOOGLE_GEMINI_BASE_URL: server.url };
  return { env, left: left.promise, asked: () => asked, [Symbol.dispose]: () => server[Symbol.dispose]() };
}

const bodyFor = ({ path = '/v1/messages' }: Phase, stream: boolean): string | undefined => {
  if (path === '/test-connection') return undefined;
  const tools = [{ name: 'look', input_schema: { type: 'object', properties: { at: { type: 'string' } } } }];
  const more = path === '/v1/messages' ? { stream, thinking: { type: 'adaptive' } } : {};
  return JSON.stringify({ ...hello, tools, ...more });
};

/** Time stands still: the proxy must notice without a timer. */
async function leave(phase: Phase, way: string, stream: boolean): Promise<void> {
  const clock = new ManualClock();
  using upstream = watchedUpstream(phase.reply);
  await using proxy = await startProxy({ env: upstream.env, clock });
  const client = await WAYS[way]?.(proxy, phase.path ?? '/v1/messages', bodyFor(phase, stream));
  await until(() => upstream.asked() === 1);
  await turns();
  if (phase.pass !== undefined) await clock.advance(phase.pass);
  if (stream && phase.read !== undefined) await client?.read(phase.read);
  await turns();
  const asked = upstream.asked();
  client?.leave();
  const gone = () => proxy.lines.some(({ status }) => status === CLIENT_GONE);
  // Upstream is not being asked here, so only the log shows that the wait was given up.
  if (!phase.waits) await upstream.left;
  await until(gone);
  await clock.advance(120_000);
  await turns();
  expect(upstream.asked()).toBe(asked);
  expect(clock.sleeping).toBe(0);
  // What had failed before was told when it did.
  const told = proxy.lines.filter(({ level, next, limit }) => level !== 'debug' && !next && !limit);
  expect(told).toMatchObject([{ level: 'info', status: CLIENT_GONE }]);
  const health = await (await proxy.send('/health')).json();
  expect(health).toMatchObject({ status: 'healthy', streams_in_flight: 0, errors: {}, recent_errors: [] });
}

describe.each(['aborts its fetch', 'destroys its socket'])('a client that %s', (way) => {
  test.each(PHASES)('$name', (phase) => leave(phase, way, true));
});

describe('a client that waits for a whole answer, and destroys its socket', () => {
  const whole = PHASES.filter(({ path, pass }) => path === undefined && pass === undefined);
  test.each(whole)('$name', (phase) => leave(phase, 'destroys its socket', false));
});

describe('a client that resets its connection', () => {
  const some = PHASES.filter(({ name }) => ['before the head', 'at the first text'].includes(name));
  test.each(some)('$name', (phase) => leave(phase, 'resets its connection', true));
});

test('a client that leaves with its request half sent: nothing is asked for it', async () => {
  using upstream = watchedUpstream(never);
  await using proxy = await startProxy({ env: upstream.env });
  const client = await openRaw(proxy.port);
  const request = requestOf('/v1/messages', JSON.stringify(hello));
  client.write(request.slice(0, -10));
  await turns();
  client.socket.destroy();
  await until(() => proxy.lines.some(({ status }) => status === CLIENT_GONE));
  expect(proxy.lines).toMatchObject([{ level: 'info', status: CLIENT_GONE }]);
  expect(upstream.asked()).toBe(0);
});
