import { describe, expect, test } from 'bun:test';
import { hello, startProxy } from '../support/proxy.ts';

const KEY = 'the-key-of-this-proxy';

describe('the key of the proxy', () => {
  const ways: [string, Record<string, string>, number][] = [
    ['x-api-key', { 'x-api-key': KEY }, 200],
    ['Bearer', { authorization: `Bearer ${KEY}` }, 200],
    ['bearer in lower case', { authorization: `bearer ${KEY}` }, 200],
    ['both, the right one second', { 'x-api-key': 'other', authorization: `Bearer ${KEY}` }, 200],
    ['none', {}, 401],
    ['a wrong one', { 'x-api-key': 'wrong' }, 401],
    ['a longer one', { 'x-api-key': `${KEY}x` }, 401],
    ['a shorter one', { 'x-api-key': KEY.slice(0, -1) }, 401],
    ['Basic', { authorization: `Basic ${KEY}` }, 401],
  ];
  test.each(ways)('%s', async (_name, headers, status) => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
    for (const response of [
      await proxy.send('/v1/messages', hello, headers),
      await proxy.send('/v1/messages/count_tokens', hello, headers),
      await proxy.send('/v1/models', undefined, headers),
      await proxy.send('/v1/models/claude-opus-5-5', undefined, headers),
      await proxy.send('/test-connection', undefined, headers),
    ]) {
      expect(response.status).toBe(status);
      if (status === 200) continue;
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } });
    }
  });

  test('is not asked for where nothing is served that costs', async () => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
    for (const path of ['/', '/health', '/livez', '/readyz', '/api/hello', '/swagger', '/swagger/json']) {
      expect((await proxy.send(path)).status).toBe(200);
    }
  });

  test('without one any key is welcome, and none', async () => {
    await using proxy = await startProxy();
    expect((await proxy.send('/v1/messages', hello)).status).toBe(200);
    expect((await proxy.send('/v1/messages', hello, { authorization: 'Bearer dummy' })).status).toBe(200);
  });

  test('is in no log line and no page', async () => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
    const wrong = 'sk-canary-wrong-key';
    await proxy.send('/v1/messages', hello, { 'x-api-key': KEY });
    await proxy.send('/v1/messages', hello, { 'x-api-key': wrong });
    const pages = await Promise.all(
      ['/', '/health', '/swagger/json'].map(async (path) => (await proxy.send(path)).text()),
    );
    const said = JSON.stringify(proxy.lines) + pages.join('');
    expect(said).not.toContain(KEY);
    expect(said).not.toContain(wrong);
  });
});

describe('what went wrong lately', () => {
  test.each([
    ['its words are for those with the key', { 'x-api-key': KEY }, ['model: gpt-9']],
    ['others see its class', {}, [undefined]],
  ])('%s', async (_name, headers: Record<string, string>, messages) => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY } });
    await proxy.send('/v1/messages', { ...hello, model: 'gpt-9' }, { 'x-api-key': KEY });
    const { recent_errors } = await (await proxy.send('/health', undefined, headers)).json();
    expect(recent_errors).toMatchObject([{ type: 'not_found_error' }]);
    expect(recent_errors.map((error: { message?: string }) => error.message)).toEqual(messages);
  });
});

describe('Host and Origin on a loopback bind', () => {
  const cases: [string, Record<string, string>, number][] = [
    ['localhost', { host: 'localhost:8082' }, 200],
    ['127.0.0.1', { host: '127.0.0.1' }, 200],
    ['another loopback address', { host: '127.1.2.3:1' }, 200],
    ['::1', { host: '[::1]:8082' }, 200],
    ['a foreign name', { host: 'evil.example:8082' }, 403],
    ['a name that only starts like loopback', { host: '127.0.0.1.evil.example' }, 403],
    ['an allowed name', { host: 'box.local:8082' }, 200],
    ['an own origin', { origin: 'http://localhost:3000' }, 200],
    ['an allowed origin', { origin: 'https://box.local' }, 200],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['a picture in a foreign page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    [
      'a frame in a foreign page',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      403,
    ],
    [
      'a link in a foreign page',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      200,
    ],
    ['a call of an own page', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
    [
      'a call of an own page under another name',
      { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
      200,
    ],
  ];
  test.each(cases)('%s', async (_name, headers, status) => {
    await using proxy = await startProxy({ env: { ALLOWED_HOSTS: 'Box.local, other.local' } });
    for (const path of ['/v1/models', '/swagger', '/health', '/nothing']) {
      const response = await proxy.send(path, undefined, headers);
      expect(response.status).toBe(status === 200 && path === '/nothing' ? 404 : status);
      if (status === 403)
        expect(await response.json()).toMatchObject({ error: { type: 'permission_error' } });
    }
  });

  test('beyond loopback any Host is welcome: there the key protects', async () => {
    await using proxy = await startProxy({ env: { HOST: '0.0.0.0', PROXY_API_KEY: KEY } });
    const response = await proxy.send('/v1/models', undefined, { host: 'proxy.example', 'x-api-key': KEY });
    expect(response.status).toBe(200);
  });
});
