/**
 * Missing credit and spending caps, which no waiting mends: the client is told at once and by name, and only another
 * key is tried.
 */
import { describe, expect, test } from 'bun:test';
import { says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { eventNames, googleError, googleStream, hello } from '../../support/proxy.ts';

const streamed = { ...hello, stream: true };
const HOUR = 3_600_000;
const depleted = () =>
  googleError(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted. Please go to AI Studio.');
const capped = () =>
  googleError(429, 'RESOURCE_EXHAUSTED', 'Your project has exceeded its monthly spending cap.');
const zero = () =>
  Response.json(
    {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: "Quota exceeded for quota metric 'x' and limit 'y per minute for a region'.",
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'RATE_LIMIT_EXCEEDED',
            metadata: { quota_limit_value: '0', quota_limit: 'XPerMinutePerProjectPerRegion' },
          },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '20s' },
        ],
      },
    },
    { status: 429 },
  );
const disabled = () =>
  googleError(403, 'PERMISSION_DENIED', 'This API method requires billing to be enabled.');
const KINDS = [
  ['prepaid credit gone', depleted],
  ['a spending cap', capped],
  ['a limit of zero', zero],
  ['no billing', disabled],
] as const;

describe.each(KINDS)('%s', (_name, reply) => {
  test.each([true, false])('is told at once, not to be retried (stream %p)', async (stream) => {
    const google = scriptedGoogle(reply);
    await using proxy = await google.start();
    const before = google.clock.monotonic();
    const response = await google.through(proxy.send('/v1/messages', { ...hello, stream }));
    expect(google.clock.monotonic()).toBe(before);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([402, 'false']);
    const { error } = await response.json();
    expect(error).toMatchObject({ type: 'billing_error', message: expect.stringMatching(/billing/i) });
    expect(google.asked).toHaveLength(1);
    const line = proxy.lines.find(({ path }) => path === '/v1/messages');
    expect(line).toMatchObject({ class: 'billing' });
  });

  test('another key answers, and that one is left alone for an hour, as /health and the log say', async () => {
    const google = scriptedGoogle((asked) => (asked.key === 'key-one' ? reply() : says(asked)));
    await using proxy = await google.start({ API_KEYS: 'key-one,key-two' });
    for (let i = 0; i < 3; i++) await (await google.through(proxy.send('/v1/messages', streamed))).text();
    expect(google.asked.map(({ key }) => key)).toEqual(['key-one', 'key-two', 'key-two', 'key-two']);
    const { keys } = await (await proxy.send('/health')).json();
    expect(keys).toMatchObject([{ state: 'out', why: 'billing' }, { state: 'in use' }]);
    expect(JSON.stringify(proxy.lines)).toContain('billing');
    await google.clock.advance(HOUR);
    for (let i = 0; i < 2; i++) await (await google.through(proxy.send('/v1/messages', streamed))).text();
    expect(google.asked.slice(4).map(({ key }) => key)).toContain('key-one');
  });
});

test('with every key: each is asked once, no other model, and the next request asks one again', async () => {
  const google = scriptedGoogle(depleted);
  await using proxy = await google.start({ API_KEYS: 'key-one,key-two' });
  for (let i = 0; i < 2; i++)
    expect((await google.through(proxy.send('/v1/messages', streamed))).status).toBe(402);
  expect(google.asked.map(({ key }) => key)).toEqual(['key-one', 'key-two', 'key-two']);
  expect(new Set(google.models()).size).toBe(1);
});

test('inside a stream that has begun: an error of its own type, which ends the turn', async () => {
  const error = {
    error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Your prepayment credits are depleted.' },
  };
  const text = { candidates: [{ content: { parts: [{ text: 'Hi' }] } }] };
  const google = scriptedGoogle(() => googleStream(text, error));
  await using proxy = await google.start();
  const said = await (await google.through(proxy.send('/v1/messages', streamed))).text();
  expect(eventNames(said).at(-1)).toBe('error');
  expect(said).toContain('billing_error');
  expect(google.asked).toHaveLength(1);
});
