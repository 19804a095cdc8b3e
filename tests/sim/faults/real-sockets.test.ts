/** The failures that faults imitate, on real sockets: the faults report the same as Bun's fetch. */
import { describe, expect, test } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import { createFaultFetch, parseFaults } from '../../../src/sim/faults/index.ts';
import { exchange, httpFetch } from '../../support/google/upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const PATH = '/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse';
const EVENT = 'data: {"candidates": []}\r\n\r\n';
const chunked = (text: string) =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n`;
const wholeBody = `content-length: ${EVENT.length}\r\n\r\n${EVENT}`;
const headers = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: a\r\n`).join('');

/** `reply` does something to the socket of the first request. */
async function rawServer(reply: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => reply(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, [Symbol.dispose]: () => void server.close() };
}

type End = { status: number | undefined; bytes: number; error: { name: string; code: unknown } | undefined };

const failure = (error: unknown) =>
  error instanceof Error ? { name: error.name, code: 'code' in error ? error.code : undefined } : undefined;

async function endOf(work: Promise<Response>): Promise<End> {
  const end: End = { status: undefined, bytes: 0, error: undefined };
  try {
    const response = await work;
    end.status = response.status;
    for await (const read of response.body ?? []) end.bytes += read.byteLength;
  } catch (error) {
    end.error = failure(error);
  }
  return end;
}

const post = (url: string) => fetch(`${url}${PATH}`, { method: 'POST', body: '{}' });

/** The same request through a fault, over a good upstream. */
function faulty(rule: string): Promise<End> {
  const good = async () => new Response(EVENT);
  const broken = createFaultFetch(good, parseFaults(rule), { clock: new ManualClock(), seed: 1 });
  return endOf(broken(`http://upstream${PATH}`, {}, exchange));
}

const REPLIES: readonly (readonly [rule: string, what: string, reply: (socket: Socket) => void])[] = [
  ['closed', 'FIN before the head', (socket) => void socket.end()],
  ['closed', 'RST before the head', (socket) => void socket.resetAndDestroy()],
  ['not-http', 'no HTTP', (socket) => void socket.end('SSH-2.0-OpenSSH\r\n')],
  ['many-headers', '300 headers', (socket) => void socket.end(`HTTP/1.1 200 OK\r\n${headers(300)}\r\n`)],
];

describe('what fetch rejects with', () => {
  test('refused', async () => {
    const { url } = await (async () => {
      using server = await rawServer(() => {});
      return { url: server.url };
    })();
    expect(await endOf(post(url))).toEqual(await faulty('refused'));
  });

  test('tls', async () => {
    using server = await rawServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await endOf(post(server.url.replace('http:', 'https:')))).toEqual(await faulty('tls'));
  });

  test.each(REPLIES)('%s: %s', async (rule, _what, reply) => {
    using server = await rawServer(reply);
    expect(await endOf(post(server.url))).toEqual(await faulty(rule));
  });
});

describe('what reading the body rejects with', () => {
  test.each<[string, string, (socket: Socket) => void]>([
    ['no-last-chunk', 'FIN before the last chunk', (socket) => void socket.end(chunked(EVENT))],
    [
      'reset',
      'RST',
      (socket) => void socket.write(chunked(EVENT), () => setImmediate(() => socket.resetAndDestroy())),
    ],
    [
      'wrong-encoding',
      'plain bytes that are called gzip',
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n${wholeBody}`),
    ],
    [
      'long-length',
      'FIN before the length is reached',
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${EVENT}`),
    ],
  ])('%s: %s', async (rule, _what, reply) => {
    using server = await rawServer(reply);
    const real = await endOf(post(server.url));
    const made = await faulty(rule);
    // Bytes that come together with the break may be lost: Bun then reports only the error.
    expect({ ...real, bytes: 0 }).toEqual({ ...made, bytes: 0 });
  });
});

describe('what is no failure at all', () => {
  test.each<[string, string, (socket: Socket) => void]>([
    [
      'cut:frame=1',
      'the end of a body that its connection delimits',
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${EVENT}`),
    ],
    [
      'short-length: byte=9',
      'more bytes than the length says',
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n${EVENT}`),
    ],
    [
      'giant-headers',
      'a header of 100 kB',
      (socket) =>
        void socket.end(
          `HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(100_000)}\r\ncontent-length: ${EVENT.length}\r\n\r\n${EVENT}`,
        ),
    ],
  ])('%s: %s', async (rule, _what, reply) => {
    using server = await rawServer(reply);
    expect(await endOf(post(server.url))).toEqual(await faulty(rule));
  });

  test('a fetch wrapper over a real socket', async () => {
    using server = await rawServer((socket) => void socket.end(`${chunked(EVENT)}0\r\n\r\n`));
    const fetch = createFaultFetch(httpFetch, parseFaults('lf'), { clock: new ManualClock(), seed: 1 });
    const response = await fetch(`${server.url}${PATH}`, { method: 'POST', body: '{}' }, exchange);
    expect(await response.text()).toBe(EVENT.replaceAll('\r\n', '\n'));
  });
});
