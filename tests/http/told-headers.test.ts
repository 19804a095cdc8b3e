/** What answers tell in headers of their own. */
import { expect, test } from 'bun:test';
import { says, scriptedGoogle } from '../support/google/scripted-google.ts';
import { hello } from '../support/proxy.ts';

/** By these beginnings Claude Code takes a header for a gateway's. */
const GATEWAYS =
  /^(?:x-litellm-|helicone-|x-portkey-|cf-aig-|x-kong-|x-bt-|x-bifrost-|x-goog-|anthropic-ratelimit-unified-)/;

async function headersOf(body: object, env: Record<string, string> = {}) {
  const google = scriptedGoogle((asked) => says(asked));
  await using proxy = await google.start(env);
  const response = await google.finish(proxy.send('/v1/messages', body));
  await response.text();
  return response.headers;
}

test.each([true, false])(
  'which model answers, and what was changed, once each (stream %p)',
  async (stream) => {
    const headers = await headersOf({ ...hello, stream, no_such_field: 1, nor_this: 2 });
    expect(headers.get('x-gemini-model')).toBe('gemini-4-argon');
    expect(headers.get('x-proxy-warnings')).toBe('field-ignored');
  },
);

test('no warning, no header', async () => {
  expect((await headersOf(hello)).has('x-proxy-warnings')).toBe(false);
});

test('RESPONSE_HEADERS=false leaves them out', async () => {
  const headers = await headersOf({ ...hello, no_such_field: 1 }, { RESPONSE_HEADERS: 'false' });
  expect([...headers.keys()].filter((name) => name.startsWith('x-'))).toEqual([]);
  expect(headers.has('request-id')).toBe(true);
});

test('none looks like a header of a gateway', async () => {
  const names = [...(await headersOf({ ...hello, no_such_field: 1 })).keys()];
  expect(names.filter((name) => GATEWAYS.test(name))).toEqual([]);
});
