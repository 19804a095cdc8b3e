/** No way to Google: that is neither a model's fault nor a key's, and passes. */
import { describe, expect, test } from 'bun:test';
import { eventNames, hello } from '../support/proxy.ts';
import { type Script, says, scriptedGoogle } from '../support/scripted-google.ts';

const streamed = { ...hello, stream: true };
const CODES = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'EADDRNOTAVAIL'];

const away = (code: string) => Promise.reject(Object.assign(new Error('Unable to connect'), { code }));

async function ask(script: Script, env: Record<string, string> = {}) {
  const google = scriptedGoogle(script);
  await using proxy = await google.start(env);
  const answer = await google.through(
    proxy.send('/v1/messages', streamed).then(async (response) => ({
      status: response.status,
      text: await response.text(),
    })),
  );
  const { keys } = await (await proxy.send('/health')).json();
  return { ...answer, google, keys, lines: proxy.lines };
}

describe('a network that is away', () => {
  test.each(CODES)('%s: the same model answers once it is back', async (code) => {
    const { text, google, keys, lines } = await ask((asked, index) => (index < 9 ? away(code) : says(asked)));
    expect(eventNames(text).at(-1)).toBe('message_stop');
    expect(new Set(google.models()).size).toBe(1);
    expect(keys[0].models).toEqual([]);
    expect(lines.filter(({ msg }) => /keeps failing|model replaced/.test(String(msg)))).toEqual([]);
  });

  test('for as long as there are retries: told, after as many as there may be', async () => {
    const { text, google, lines } = await ask(() => away('ECONNREFUSED'), { MAX_STREAMING_RETRIES: '4' });
    expect(text).toContain('Gemini could not be reached: the connection failed: ECONNREFUSED');
    expect(google.asked).toHaveLength(5);
    expect(lines.find(({ path }) => path === '/v1/messages')).toMatchObject({
      error: 'overloaded_error',
      class: 'network',
    });
    expect(new Set(google.models()).size).toBe(1);
  });

  test('a connection that breaks is another thing: the breaker hears of it', async () => {
    const { google } = await ask((asked, index) => (index < 9 ? away('ECONNRESET') : says(asked)));
    expect(new Set(google.models()).size).toBeGreaterThan(1);
  });
});
