/**
 * Gateways that answer in Google's place, and refusals that only look like Google's: no key and no model is blamed for
 * them.
 */
import { describe, expect, test } from 'bun:test';
import { says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleError, hello, type TestProxy } from '../../support/proxy.ts';

const streamed = { ...hello, stream: true };
const TWO_KEYS = { API_KEYS: 'key-one,key-two' };
const page = (status: number) => () =>
  new Response('<!DOCTYPE html><title>Blocked</title><p>API key not valid. limit: 0', {
    status,
    headers: { 'content-type': 'text/html', 'retry-after': '86400' },
  });
const object = (status: number, error: unknown) => () => Response.json({ error }, { status });
const redirect = () => new Response(null, { status: 302, headers: { location: 'http://sign-in.example/' } });
const echo = () =>
  googleError(
    400,
    'INVALID_ARGUMENT',
    'Invalid value at \'contents[0]\': "API key not valid. Please pass one"',
  );

type Health = { keys: { state: string; models: unknown[] }[] };

async function told(proxy: TestProxy, body: object) {
  const response = await proxy.send('/v1/messages', body);
  const { error } = await response.json();
  return { status: response.status, again: response.headers.get('x-should-retry'), ...error };
}

const isBlameless = async (proxy: TestProxy) => {
  const { keys }: Health = await (await proxy.send('/health')).json();
  for (const key of keys) expect(key).toMatchObject({ state: 'in use', models: [] });
};

describe.each([
  ['a page with 401', page(401), 401, 2],
  ['a page with 403', page(403), 403, 2],
  ['a page with 407', page(407), 403, 2],
  ['a page with 404', page(404), 424, 1],
  ['a page with 405', page(405), 424, 1],
  ['an empty 404', () => new Response('', { status: 404 }), 424, 1],
  ['a line with 404', () => new Response('404 page not found\n', { status: 404 }), 424, 1],
  ["another router's object with 404", object(404, 'Not Found'), 424, 1],
  ['a redirect', redirect, 424, 1],
  ["another's object with 403", object(403, { message: 'blocked by policy' }), 403, 2],
  [
    "Google's 403 without a reason",
    () => googleError(403, 'PERMISSION_DENIED', 'The caller does not have permission'),
    403,
    2,
  ],
  ['a 400 that quotes', echo, 400, 1],
  ['a page with 400', page(400), 400, 1],
] as const)('%s', (_name, reply, status, asked) => {
  test('blames neither key nor model, and is tried elsewhere once at most', async () => {
    let blocked = true;
    const google = scriptedGoogle((one) => (blocked ? reply() : says(one)));
    await using proxy = await google.start(TWO_KEYS);
    expect(await google.through(told(proxy, streamed))).toMatchObject({ status });
    expect(google.asked).toHaveLength(asked);
    expect(new Set(google.models()).size).toBe(1);
    await isBlameless(proxy);
    blocked = false;
    const answer = await google.through(proxy.send('/v1/messages', streamed));
    expect([answer.status, (await answer.text()).includes('Hello there')]).toEqual([200, true]);
  });
});

test.each([404, 405, 302])(
  'a %p that is not Google’s names the setting, and is not to be retried',
  async (status) => {
    const google = scriptedGoogle(status === 302 ? redirect : page(status));
    await using proxy = await google.start();
    const said = await google.through(told(proxy, hello));
    expect(said).toMatchObject({ type: 'api_error', again: 'false' });
    expect(said.message).toContain('GOOGLE_GEMINI_BASE_URL');
    expect(said.message).toContain(String(status));
  },
);

test('a page in place of an answer names the setting', async () => {
  const google = scriptedGoogle(page(200));
  await using proxy = await google.start();
  const said = await google.through(told(proxy, hello));
  expect(said.message).toContain('GOOGLE_GEMINI_BASE_URL');
  await isBlameless(proxy);
});
