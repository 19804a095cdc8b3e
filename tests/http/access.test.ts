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
      const { error } = await response.json();
      expect(error).toMatchObject({ type: 'authentication_error' });
      // At messages about its own login Claude Code would say "Please run /login".
      expect(error.message).not.toMatch(/x-api-key/i);
      for (const name of ['PROXY_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_API_KEY'])
        expect(error.message).toContain(name);
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

const OWN = 8123;

/** Headers that a browser adds by itself. */
const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

describe('Host and Origin on a loopback bind', () => {
  const cases: [string, Record<string, string>, number][] = [
    ['localhost', { host: 'localhost:8082' }, 200],
    ['127.0.0.1', { host: '127.0.0.1' }, 200],
    ['another loopback address', { host: '127.1.2.3:1' }, 200],
    ['::1', { host: '[::1]:8082' }, 200],
    ['::1 at length', { host: '[0:0:0:0:0:0:0:1]:8082' }, 200],
    ['a loopback address in short', { host: '127.1:8082' }, 200],
    ['a loopback address in the other protocol', { host: '[::ffff:127.0.0.1]:8082' }, 200],
    ['localhost in full', { host: 'LocalHost.:8082' }, 200],
    ['what stands for all addresses', { host: '0.0.0.0:8082' }, 200],
    ['a page of it', { host: `0.0.0.0:${OWN}`, origin: `http://localhost:${OWN}` }, 200],
    ['an allowed name in full', { host: 'box.local.:8082' }, 200],
    ['a foreign name in full', { host: 'evil.example.:8082' }, 403],
    ['an address of the network as one number', { host: '3232235781:8082' }, 403],
    ['a foreign name', { host: 'evil.example:8082' }, 403],
    ['a name that only starts like loopback', { host: '127.0.0.1.evil.example' }, 403],
    ['an address of the network', { host: '192.168.1.5:8082' }, 403],
    ['an allowed name', { host: 'box.local:8082' }, 200],
    ['an allowed name with its port', { host: 'port.local:81' }, 200],
    ['with another port', { host: 'port.local:82' }, 403],
    ['an own origin', { host: `localhost:${OWN}`, origin: `http://localhost:${OWN}` }, 200],
    ['by another name', { host: `127.0.0.1:${OWN}`, origin: `http://localhost:${OWN}` }, 200],
    ['another port of this machine', { host: `localhost:${OWN}`, origin: 'http://localhost:3000' }, 403],
    ['no port, where we have one', { host: `localhost:${OWN}`, origin: 'http://localhost' }, 403],
    ['an allowed origin', { origin: 'https://box.local' }, 200],
    ['an allowed origin, on any port', { origin: 'http://box.local:3000' }, 200],
    ['an allowed origin with its port', { origin: 'http://port.local:81' }, 200],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['a foreign name on our port', { host: `localhost:${OWN}`, origin: `http://evil.example:${OWN}` }, 403],
    ['a name that leads here', { host: 'evil.example:1', origin: 'http://evil.example:1' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['an origin of no host', { origin: 'file://' }, 403],
    ['a picture in a foreign page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    [
      'a picture in a page of another port',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
      403,
    ],
    [
      'a frame in a foreign page',
      { ...link, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' },
      403,
    ],
    ['a link in a foreign page', { ...link, 'sec-fetch-site': 'cross-site' }, 200],
    ['a call of an own page', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
    ['an address that was typed', { ...link, 'sec-fetch-site': 'none' }, 200],
  ];
  test.each(cases)('%s', async (_name, headers, status) => {
    await using proxy = await startProxy({ env: { ALLOWED_HOSTS: 'Box.local, port.local:81' } });
    for (const path of ['/v1/models', '/v1/v1/models', '/models', '/swagger', '/health', '/nothing']) {
      const response = await proxy.send(path, undefined, headers);
      expect(response.status).toBe(status === 200 && path === '/nothing' ? 404 : status);
      if (status === 403)
        expect(await response.json()).toMatchObject({ error: { type: 'permission_error' } });
    }
  });

  test('the page of the API works: it, what it loads, and what it sends', async () => {
    await using proxy = await startProxy();
    const { origin } = new URL(proxy.url);
    const own = { 'sec-fetch-site': 'same-origin', referer: `${origin}/swagger` };
    for (const path of ['/swagger/swagger-ui-bundle.js', '/swagger/json', '/test-connection']) {
      expect((await proxy.send(path, undefined, own)).status).toBe(200);
    }
    expect((await proxy.send('/v1/messages', hello, { ...own, origin })).status).toBe(200);
  });
});

describe('Host and Origin beyond loopback', () => {
  const closed = { HOST: '0.0.0.0', PROXY_API_KEY: KEY };
  const open = { HOST: '0.0.0.0', ALLOW_OPEN: 'true', ALLOWED_HOSTS: 'box.example' };
  const cases: [string, Record<string, string>, Record<string, string>, number][] = [
    ['with a key any Host', closed, { host: 'proxy.example' }, 200],
    ['an origin of that name', closed, { host: 'proxy.example', origin: 'https://proxy.example' }, 200],
    ['a foreign origin', closed, { host: 'proxy.example', origin: 'https://evil.example' }, 403],
    ['a page of this machine', closed, { host: '10.0.0.1:80', origin: 'http://localhost:3000' }, 403],
    ['a picture', closed, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['without a key an address', open, { host: '192.168.1.5:8082' }, 200],
    ['an address of the sixth version', open, { host: '[fd00::1]:8082' }, 200],
    ['a name of the own network', open, { host: 'proxy:8082' }, 200],
    ['an allowed name', open, { host: 'box.example' }, 200],
    ['a name that somebody may have made lead here', open, { host: 'evil.example:8082' }, 403],
  ];
  test.each(cases)('%s', async (_name, env, headers, status) => {
    await using proxy = await startProxy({ env });
    const response = await proxy.send('/v1/models', undefined, { 'x-api-key': KEY, ...headers });
    expect(response.status).toBe(status);
  });
});

describe('/test-connection, which costs something', () => {
  const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' };
  const cases: [string, Record<string, string>, number][] = [
    ['by hand', {}, 200],
    ['typed into a browser', { ...browser, ...link, 'sec-fetch-site': 'none' }, 200],
    ['by a link in a foreign page', { ...browser, ...link, 'sec-fetch-site': 'cross-site' }, 403],
    ['by a link in a page of another port', { ...browser, ...link, 'sec-fetch-site': 'same-site' }, 403],
    ['by a browser that tells nothing', browser, 403],
    ['by a browser that tells of another page', { ...browser, referer: 'http://evil.example/' }, 403],
    [
      'by a browser from a page of ours',
      { ...browser, host: 'localhost:1', referer: 'http://localhost:1/ui' },
      200,
    ],
  ];
  test.each(cases)('%s', async (_name, headers, status) => {
    await using proxy = await startProxy();
    for (const path of ['/test-connection', '/test-connection/', '/v1/test-connection']) {
      expect((await proxy.send(path, undefined, headers)).status).toBe(status);
    }
  });
});
