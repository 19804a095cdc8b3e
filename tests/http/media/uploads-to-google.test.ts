/** Uploads to Google that fail: with what they are tried again, and what the client is told. */
import { describe, expect, test } from 'bun:test';
import { type filesGoogle, type Instead, LARGE, proxyWith, UNIT } from '../../support/google/files-google.ts';
import { until } from '../../support/google/held-upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { passing } from '../../support/passing-time.ts';
import { googleError, hello, type TestProxy } from '../../support/proxy.ts';
import { errorOf } from '../../support/talks/files.ts';

describe('an upload that is too large for its request', () => {
  test.each<[string, () => Response | Promise<Response>]>([
    ['503', () => googleError(503, 'UNAVAILABLE', 'busy')],
    ['a broken connection', () => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))],
    ['a page', () => new Response('<html>', { status: 502 })],
  ])('that fails with %s is tried again within the retries of the answer', async (_name, failing) => {
    const clock = new ManualClock();
    const { proxy, google } = await proxyWith(
      ({ what }, nth) => (what === 'piece' && nth === 0 ? failing() : undefined),
      { clock },
    );
    await using _ = proxy;
    const answer = proxy.send('/v1/messages', LARGE);
    await inTime(google, { clock, proxy }, answer);
    expect((await answer).status).toBe(200);
    expect(google.kinds()).toEqual(['start', 'piece', 'start', 'piece', 'generate']);
    expect(proxy.told('step').map(({ step, cost }) => `${step} ${cost}`)).toEqual(['retry retry']);
  });

  test('that fails for good is told, and no model is blamed', async () => {
    const clock = new ManualClock();
    const { proxy, google } = await proxyWith(
      ({ what }) => (what === 'start' ? googleError(503, 'UNAVAILABLE', 'busy') : undefined),
      { clock, env: { MAX_STREAMING_RETRIES: '1' } },
    );
    await using _ = proxy;
    for (let n = 0; n < 6; n++) {
      const answer = proxy.send('/v1/messages', LARGE);
      await inTime(google, { clock, proxy }, answer);
      const error = await errorOf(await answer);
      expect(error).toMatchObject({ status: 503, type: 'api_error' });
      expect(error.message).toContain(`an upload failed: image/png of ${16 * UNIT} bytes: busy.`);
    }
    expect(google.count('generate')).toBe(0);
    expect(proxy.told('error').map((error) => error.class)).toContain('upload-failed');
    expect((await proxy.send('/v1/messages', hello)).status).toBe(200);
  });

  test.each<[string, Instead]>([
    [
      'refuses its type',
      ({ what }) =>
        what === 'start' ? googleError(400, 'INVALID_ARGUMENT', 'Unsupported MIME type.') : undefined,
    ],
    [
      'cannot process it',
      ({ what }, nth) =>
        what === 'piece' && nth === 0
          ? Response.json(
              {
                file: {
                  name: 'files/abc',
                  uri: 'https://x.test/files/abc',
                  state: 'FAILED',
                  error: { message: 'broken' },
                },
              },
              { headers: { 'x-goog-upload-status': 'final' } },
            )
          : undefined,
    ],
  ])('where Google %s is a 413 that says so, and is not tried again', async (_name, instead) => {
    const { proxy, google } = await proxyWith(instead);
    await using _ = proxy;
    const error = await errorOf(await proxy.send('/v1/messages', LARGE));
    expect(error).toMatchObject({ status: 413, type: 'request_too_large' });
    expect(error.message).toMatch(
      /more than 20 MB.*(?:Unsupported MIME type|broken)\. Send fewer or smaller/,
    );
    expect([google.count('start'), google.count('generate')]).toEqual([1, 0]);
    expect(proxy.told('error')).toMatchObject([{ class: 'upload-refused' }]);
  });

  test('whose key is refused is made with another key', async () => {
    const { proxy, google } = await proxyWith(
      ({ what, key }) =>
        what === 'start' && key === 'key-one'
          ? googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.')
          : undefined,
      { env: { API_KEYS: 'key-one,key-two', GEMINI_API_KEY: '' } },
    );
    await using _ = proxy;
    expect((await proxy.send('/v1/messages', LARGE)).status).toBe(200);
    expect(google.calls.map(({ what, key }) => `${what} ${key}`)).toEqual([
      'start key-one',
      'start key-two',
      'piece key-two',
      'generate key-two',
    ]);
  });

  test('goes nowhere else than all other requests, whatever address comes back', async () => {
    const { proxy, google } = await proxyWith(({ what }) =>
      what === 'start'
        ? new Response(null, {
            headers: { 'x-goog-upload-url': 'https://evil.test/upload/v1beta/files?upload_id=1' },
          })
        : undefined,
    );
    await using _ = proxy;
    await proxy.send('/v1/messages', LARGE);
    expect(new Set(google.calls.map(({ url }) => url.origin))).toEqual(
      new Set(['https://generativelanguage.googleapis.com']),
    );
  });

  test('ends when the client leaves, unless another request waits for the same', async () => {
    const held: (AbortSignal | null | undefined)[] = [];
    const { proxy, google } = await proxyWith(({ what }, _nth, init) => {
      if (what !== 'piece') return undefined;
      held.push(init.signal);
      return new Promise<Response>((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    });
    await using _ = proxy;
    const [first, second] = [new AbortController(), new AbortController()];
    const ask = ({ signal }: AbortController) =>
      fetch(`${proxy.url}/v1/messages`, {
        method: 'POST',
        headers: { 'anthropic-version': '2023-06-01' },
        body: JSON.stringify(LARGE),
        signal,
      }).then(
        (response) => response.status,
        () => 'left',
      );
    const answers = [ask(first), ask(second)];
    await until(() => held.length > 0 && proxy.told('attempt').length === 2);
    first.abort();
    expect(await answers[0]).toBe('left');
    await until(() => proxy.told('end').length === 1);
    expect([held.length, held[0]?.aborted]).toEqual([1, false]);
    second.abort();
    expect(await answers[1]).toBe('left');
    await until(() => proxy.told('end').length === 2);
    expect(held[0]?.aborted).toBe(true);
    expect(google.count('generate')).toBe(0);
  });
});

/** Lets time pass until the work is done, once Google was asked. */
async function inTime<T>(
  { calls }: ReturnType<typeof filesGoogle>,
  { clock, proxy }: { clock: ManualClock; proxy: TestProxy },
  work: Promise<T>,
): Promise<T> {
  const before = calls.length;
  await until(() => calls.length > before);
  return passing(work, { clock, proxies: [proxy] });
}
