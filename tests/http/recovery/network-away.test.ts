/** When Google cannot be reached, no model and no key is to blame. */
import { describe, expect, test } from 'bun:test';
import { type Script, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { eventNames, hello } from '../../support/proxy.ts';

const streamed = { ...hello, stream: true };
const CODES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'EPROTO',
  'ETIMEDOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

const away = (code: string) => Promise.reject(Object.assign(new Error('Unable to connect'), { code }));

async function ask(script: Script, env: Record<string, string> = {}, body: object = streamed) {
  const google = scriptedGoogle(script);
  await using proxy = await google.start(env);
  const begun = google.clock.monotonic();
  const answer = await google.through(
    proxy.send('/v1/messages', body).then(async (response) => ({
      status: response.status,
      text: await response.text(),
      ms: google.clock.monotonic() - begun,
    })),
  );
  const { keys } = await (await proxy.send('/health')).json();
  return { ...answer, google, keys, proxy };
}

describe('a network that is away', () => {
  test.each(CODES)('%s: the same model answers once it is back', async (code) => {
    const { text, google, keys } = await ask((asked, index) => (index < 4 ? away(code) : says(asked)));
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(new Set(google.models()).size).toBe(1);
    expect(keys[0].models).toEqual([]);
  });

  test.each(CODES)('%s for good: told after 15 s, by a status that clients try again at', async (code) => {
    const { status, text, ms, google, proxy } = await ask(() => away(code));
    expect([status, ms]).toEqual([503, 15_000]);
    expect(JSON.parse(text).error).toMatchObject({
      type: 'api_error',
      message: expect.stringContaining(`cannot reach generativelanguage.googleapis.com: ${code} (`),
    });
    expect(proxy.told('error')).toMatchObject([{ error: 'api_error', class: 'network' }]);
    expect(new Set(google.models()).size).toBe(1);
  });

  test('the 15 s are of one outage: what failed otherwise before does not count', async () => {
    const { status, ms } = await ask((_asked, index) => away(index === 0 ? 'ECONNRESET' : 'ECONNREFUSED'));
    expect(status).toBe(503);
    expect(ms).toBeGreaterThan(15_000);
  });

  test('one that is back in time is an answer, although the head waited for it', async () => {
    const from = new ManualClock().monotonic();
    const { status, text } = await ask((asked) =>
      asked.at - from < 12_000 ? away('ECONNREFUSED') : says(asked),
    );
    expect(status).toBe(200);
    expect(eventNames(text).at(-1)).toBe('message_stop');
  });

  test('no more often than there are retries', async () => {
    const { text, google } = await ask(() => away('ECONNREFUSED'), { MAX_STREAMING_RETRIES: '4' });
    expect(text).toContain('ECONNREFUSED');
    expect(google.asked).toHaveLength(5);
  });

  test('a whole answer is told the same', async () => {
    const { status, text } = await ask(() => away('ENOTFOUND'), {}, hello);
    expect(status).toBe(503);
    expect(text).toContain(
      'cannot reach generativelanguage.googleapis.com: ENOTFOUND (no host has this name)',
    );
  });

  test('a connection that breaks is another thing: the breaker hears of it', async () => {
    const { google } = await ask((asked, index) => (index < 9 ? away('ECONNRESET') : says(asked)));
    expect(new Set(google.models()).size).toBeGreaterThan(1);
  });
});
