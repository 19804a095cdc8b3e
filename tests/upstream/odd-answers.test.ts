/** Odd answers that tests with faults have found. */
import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { toMessagesError } from '../../src/translate/errors.ts';
import { SilenceLimit } from '../../src/upstream/silence.ts';
import { backendAt, exchange, openStream, serveUpstream } from '../support/google/upstream.ts';
import { clockOf, ManualClock, settle } from '../support/manual-clock.ts';

const request = { model: 'gemini-4-argon', body: '{"contents":[]}', stream: true };
const never = new AbortController().signal;
const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3s' };

async function refusalOf(reply: () => Response): Promise<UpstreamError> {
  using upstream = serveUpstream(reply);
  try {
    await backendAt(upstream.url).generate(request, exchange, never);
  } catch (error) {
    if (error instanceof UpstreamError) return error;
  }
  return expect.unreachable('it did not fail');
}

describe('how long to wait', () => {
  test.each<[string, string | undefined, object[], number | undefined]>([
    ['a front says it in the header', '7', [], 7],
    ["Google's own word wins", '7', [retryInfo], 4],
    ['a date is not read', 'Wed, 21 Oct 2026 07:28:00 GMT', [], undefined],
    ['nobody says', undefined, [], undefined],
  ])('%s', async (_name, header, details, seconds) => {
    const body = { error: { code: 429, message: 'm', status: 'RESOURCE_EXHAUSTED', details } };
    const headers = header === undefined ? {} : { 'retry-after': header };
    const error = await refusalOf(() => Response.json(body, { status: 429, headers }));
    expect(toMessagesError(error).retryAfter).toBe(seconds);
  });
});

describe('silence', () => {
  test('after a piece of the first line is silence, not a broken event', async () => {
    const { response } = openStream(['d']);
    const clock = new ManualClock();
    const fetch = async () => response;
    const backend = backendAt('http://upstream', { fetch, clock, idleTimeoutMs: 1_000 });
    const { frames } = await backend.generate(request, exchange, never);
    const failed = (async () => {
      for await (const _ of frames);
    })().catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await failed).toMatchObject({ name: 'UpstreamError', kind: 'timeout' });
  });

  test('is not waited for in steps that no clock can tell', async () => {
    const slept: number[] = [];
    const times = [0, 999.999_999_9];
    const clock = clockOf(
      () => times.shift() ?? 2_000,
      async (ms) => void slept.push(ms),
    );
    let silences = 0;
    const limit = new SilenceLimit(clock, 1_000, () => {
      silences++;
    });
    limit.waitBegins();
    await settle();
    expect([slept, silences]).toEqual([[1_000, 1], 1]);
  });
});
