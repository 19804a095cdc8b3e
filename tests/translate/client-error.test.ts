import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { listen } from '../../src/http/listen.ts';
import type { Fetch } from '../../src/lib/ports.ts';
import {
  GEMINI_KEY,
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../support/proxy.ts';

// Google's own words for a key that it has shut off.
const NAMES_THE_KEY = `Permission denied: Consumer 'api_key:${GEMINI_KEY}' has been suspended.`;

const asks: [string, (proxy: TestProxy) => Promise<Response>][] = [
  ['an answer', (proxy) => proxy.send('/v1/messages', hello)],
  ['a stream', (proxy) => proxy.send('/v1/messages', { ...hello, stream: true })],
  ['a count', (proxy) => proxy.send('/v1/messages/count_tokens', { ...hello, max_tokens: undefined })],
  ['the test of the connection', (proxy) => proxy.send('/test-connection')],
];

test.each(asks)('a key in what Google says is not told on: %s', async (_name, ask) => {
  // A count is told only what is wrong with the request.
  const fetch: Fetch = async (url) =>
    url.endsWith(':countTokens')
      ? googleError(400, 'INVALID_ARGUMENT', `Not for ${NAMES_THE_KEY}`)
      : googleError(403, 'PERMISSION_DENIED', NAMES_THE_KEY);
  await using proxy = await startProxy({ fetch });
  const said = await (await ask(proxy)).text();
  expect(said).toContain("Consumer 'api_key:***' has been suspended");
  expect(said + (await (await proxy.send('/health')).text())).not.toContain(GEMINI_KEY);
});

test('nor inside a stream', async () => {
  const error = { error: { code: 403, status: 'PERMISSION_DENIED', message: NAMES_THE_KEY } };
  await using proxy = await startProxy({ fetch: async () => googleStream(textChunk('Hi'), error) });
  const said = await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
  expect(said).toContain('event: error');
  expect(said).toContain('api_key:***');
  expect(said).not.toContain(GEMINI_KEY);
});

test('a client that leaves while it sends is no error of ours', async () => {
  await using proxy = await startProxy();
  const socket = connect(proxy.port, '127.0.0.1');
  const opened = Promise.withResolvers<void>();
  socket.write(
    'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nanthropic-version: 2023-06-01\r\ncontent-length: 5000\r\n\r\n{"model":',
    () => opened.resolve(),
  );
  await opened.promise;
  // Answered after the other's head has been read.
  await proxy.send('/livez');
  socket.destroy();
  const seen = () => proxy.lines.find((line) => line['status'] === 499);
  while (!seen()) await proxy.send('/livez');
  expect(seen()).toMatchObject({ path: '/v1/messages', level: 'info' });
  expect(proxy.lines.filter((line) => line['level'] === 'error')).toEqual([]);
  expect(await (await proxy.send('/health')).json()).toMatchObject({ errors: {} });
});

test.each(['::1', '[::1]'])('the URL of %s can be opened', (host) => {
  const app = { listen() {}, server: { port: 8082 } } as unknown as Parameters<typeof listen>[0];
  const deps = {} as Parameters<typeof listen>[1];
  expect(listen(app, deps, { host, port: 8082, isShared: false }).url).toBe('http://[::1]:8082');
});
