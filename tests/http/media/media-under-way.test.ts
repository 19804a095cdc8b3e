/** A request whose media are being read counts as an answer under way. */
import { describe, expect, test } from 'bun:test';
import type { UrlFetchPorts } from '../../../src/answer/media/guarded-fetch.ts';
import { until } from '../../support/google/held-upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { passing } from '../../support/passing-time.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const source = { type: 'url', url: 'https://pics.example.test/cat.png' };
const request = { ...hello, messages: [{ role: 'user', content: [{ type: 'image', source }] }] };

describe('while a URL is read', () => {
  /** The read goes on until `arrive`. */
  async function reading(env: Record<string, string> = {}) {
    const begun = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const urlFetch: UrlFetchPorts = {
      resolve: async () => ['203.0.114.7'],
      isPublic: () => true,
      fetch: async () => {
        begun.resolve();
        await arrived.promise;
        return new Response(PNG);
      },
    };
    const fetch = async () => googleStream(textChunk('A cat.', 'STOP'));
    const proxy = await startProxy({ fetch, env: { URL_FETCH: 'proxy', ...env }, urlFetch });
    const answer = proxy.send('/v1/messages', request);
    await begun.promise;
    return { proxy, answer, arrive: arrived.resolve };
  }

  test('a shutdown waits for the answer', async () => {
    const { proxy, answer, arrive } = await reading();
    await using _ = proxy;
    const closed = proxy.close(10_000);
    arrive();
    expect((await answer).status).toBe(200);
    await closed;
  });

  test('the answer has its place among those under way', async () => {
    const { proxy, answer, arrive } = await reading({ STREAMS_MAX: '1' });
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', hello)).status).toBe(529);
    arrive();
    expect((await answer).status).toBe(200);
  });
});

test('a URL that Google could not read is read no longer than the answer may take', async () => {
  const clock = new ManualClock();
  let isRead = false;
  const urlFetch: UrlFetchPorts = {
    resolve: async () => ['203.0.114.7'],
    isPublic: () => true,
    fetch: (_url, { signal }) => {
      isRead = true;
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    },
  };
  const fetch = async () =>
    googleError(400, 'INVALID_ARGUMENT', 'Cannot fetch content from the provided URL.');
  const env = { URL_FETCH: 'google,proxy', REQUEST_TIMEOUT: '5' };
  await using proxy = await startProxy({ fetch, clock, env, urlFetch });
  const answer = proxy.send('/v1/messages', request);
  await until(() => isRead);
  const from = clock.monotonic();
  const { status } = await passing(answer, { clock, proxies: [proxy] });
  expect([status, clock.monotonic() - from]).toEqual([504, 5_000]);
});
