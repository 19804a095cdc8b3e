/**
 * Google limits token counts apart from answers, so neither failures nor successes of one change anything for the
 * other.
 */
import { describe, expect, test } from 'bun:test';
import {
  type Asked,
  busy,
  missing,
  noQuota,
  type Script,
  says,
  scriptedGoogle,
} from '../../support/google/scripted-google.ts';
import { badKey as badKeyError } from '../../support/pools/keys.ts';
import { googleError, hello } from '../../support/proxy.ts';

const counted = () => Response.json({ totalTokens: 7 });
const outOfQuota = () => googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded. Please retry in 30s.');
const bare = () => googleError(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).');
const perDay = () =>
  Response.json(
    {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: 'Quota exceeded',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'CountTokensRequestsPerDayPerProject' }],
          },
        ],
      },
    },
    { status: 429 },
  );
const badKey = () => googleError(400, 'INVALID_ARGUMENT', badKeyError().message);
const denied = () => googleError(403, 'PERMISSION_DENIED', 'countTokens is not allowed for models/x.');
const page = (status: number) => () => new Response('<html>no such page</html>', { status });

/** Failures of a count that say nothing about the request. */
const FAILURES: [string, () => Response][] = [
  ['out of a quota of the minute', outOfQuota],
  ['out of a quota that tells no time', bare],
  ['out of a quota of the day', perDay],
  ['no quota at all', noQuota],
  ['overloaded', busy],
  ['500', () => googleError(500, 'INTERNAL', 'internal')],
  ['a key that is not taken', badKey],
  ['401', () => googleError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')],
  ['403', denied],
  ['a gateway that cannot count: 404', page(404)],
  ['a gateway that cannot count: 405', page(405)],
  ['a gateway that cannot count: 501', page(501)],
  ['too large to be counted', page(413)],
  ['a count that is none', () => Response.json({})],
];

const script =
  (count: (asked: Asked, index: number) => Response, answer: Script = (asked) => says(asked)): Script =>
  (asked, index) =>
    asked.count ? count(asked, index) : answer(asked, index);

const alone = { MODEL_FALLBACKS: 'none' };
const session = { 'x-claude-code-session-id': 's1' };

type Google = ReturnType<typeof scriptedGoogle>;
type Proxy = Awaited<ReturnType<Google['start']>>;

async function count(google: Google, proxy: Proxy) {
  const response = await google.through(proxy.send('/v1/messages/count_tokens', hello, session));
  return { status: response.status, tokens: (await response.json()).input_tokens };
}

const ask = (google: Google, proxy: Proxy) =>
  google.through(proxy.send('/v1/messages', hello, session).then(async (response) => response.status));

/** The answers that were asked for, by key. */
const answersOf = ({ asked }: Google) => asked.filter((one) => !one.count).map(({ key }) => key);

async function health(proxy: Proxy) {
  const { status, keys, breakers } = await (await proxy.send('/health')).json();
  return {
    status,
    keys: keys.map(({ state, models }: { state: string; models: object[] }) => [state, models]),
    breakers,
  };
}
const WELL = { status: 'healthy', breakers: {} };

describe('a count that fails', () => {
  test.each(FAILURES)('%s: estimated, and the next answer goes out at once', async (_name, fails) => {
    const google = scriptedGoogle(script(fails));
    await using proxy = await google.start(alone);
    expect(await count(google, proxy)).toEqual({ status: 200, tokens: expect.any(Number) });
    const before = google.clock.monotonic();
    expect(await ask(google, proxy)).toBe(200);
    expect([answersOf(google).length, google.clock.monotonic() - before]).toEqual([1, 0]);
    expect(await health(proxy)).toEqual({ ...WELL, keys: [['in use', []]] });
  });

  test.each(FAILURES)('%s: no key is left out of answers, and no session moved', async (_name, fails) => {
    const google = scriptedGoogle(script(fails));
    await using proxy = await google.start({ ...alone, API_KEYS: 'key-one,key-two' });
    expect(await ask(google, proxy)).toBe(200);
    await count(google, proxy);
    await count(google, proxy);
    expect(await ask(google, proxy)).toBe(200);
    expect(answersOf(google)).toEqual(['key-one', 'key-one']);
    expect(await health(proxy)).toEqual({
      ...WELL,
      keys: [
        ['in use', []],
        ['in use', []],
      ],
    });
  });

  test('a burst of fifty while the quota is used up: Google is not asked, and answers go on', async () => {
    const google = scriptedGoogle(script(outOfQuota));
    await using proxy = await google.start(alone);
    await count(google, proxy);
    const counts = await Promise.all(Array.from({ length: 50 }, () => count(google, proxy)));
    expect(counts.every(({ status }) => status === 200)).toBe(true);
    expect(google.asked.filter((one) => one.count)).toHaveLength(1);
    expect(await ask(google, proxy)).toBe(200);
  });

  test('fifty at once, all refused, are one refusal: the quota is tried again when Google said', async () => {
    let refuses = true;
    const google = scriptedGoogle(script(() => (refuses ? bare() : counted())));
    await using proxy = await google.start(alone);
    await Promise.all(Array.from({ length: 50 }, () => count(google, proxy)));
    expect(await ask(google, proxy)).toBe(200);
    refuses = false;
    await google.clock.advance(5_000);
    expect(await count(google, proxy)).toEqual({ status: 200, tokens: 7 });
  });

  test('a refusal of the request itself is told', async () => {
    const google = scriptedGoogle(
      script(() => googleError(400, 'INVALID_ARGUMENT', 'contents is not specified')),
    );
    await using proxy = await google.start(alone);
    expect((await count(google, proxy)).status).toBe(400);
    expect(await ask(google, proxy)).toBe(200);
  });

  test('of a model that is missing: the answer finds out by itself', async () => {
    const google = scriptedGoogle(script(missing));
    await using proxy = await google.start(alone);
    expect((await count(google, proxy)).status).toBe(404);
    expect(await ask(google, proxy)).toBe(200);
  });
});

describe('an answer that fails', () => {
  test.each([
    ['out of a quota of the minute', outOfQuota],
    ['out of a quota of the day', perDay],
    ['no quota at all', noQuota],
    ['overloaded until its breaker is open', busy],
  ])("%s: counts are Google's all the same", async (_name, fails) => {
    const google = scriptedGoogle(script(counted, fails));
    await using proxy = await google.start(alone);
    await ask(google, proxy);
    expect(await count(google, proxy)).toEqual({ status: 200, tokens: 7 });
  });

  test("KEY_RPM that is reached: counts are Google's all the same", async () => {
    const google = scriptedGoogle(script(counted));
    await using proxy = await google.start({ ...alone, KEY_RPM: '1' });
    await ask(google, proxy);
    expect(await count(google, proxy)).toEqual({ status: 200, tokens: 7 });
  });

  test.each([
    ['limit: 0', noQuota, 'denied'],
    ['a quota of the day', perDay, 'parked'],
  ])('%s is not healed by a count that succeeds', async (_name, fails, state) => {
    const google = scriptedGoogle(script(counted, fails));
    await using proxy = await google.start({ ...alone, API_KEYS: 'key-one,key-two' });
    await ask(google, proxy);
    const before = await health(proxy);
    expect(JSON.stringify(before.keys)).toContain(`"state":"${state}"`);
    for (let i = 0; i < 28; i++) await count(google, proxy);
    expect(await health(proxy)).toEqual(before);
  });
});
