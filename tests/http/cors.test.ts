import { describe, expect, test } from 'bun:test';
import { ConfigError, readConfig } from '../../src/config/config.ts';
import { hello, startProxy, type TestProxy } from '../support/proxy.ts';

const APP = 'https://app.example';
const KEY = 'the-key-of-this-proxy';
const env = { PROXY_API_KEY: KEY, CORS_ORIGINS: `${APP}/, http://localhost:3000` };
const API = [
  '/v1/messages',
  '/messages',
  '/v1/v1/messages/',
  '/v1/messages/count_tokens',
  '/v1/models',
  '/v1/no',
];

const preflight = (proxy: TestProxy, path: string, origin: string, headers = {}) =>
  fetch(`${proxy.url}${path}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'anthropic-version,content-type,x-api-key',
      ...headers,
    },
  });

describe('an origin of CORS_ORIGINS', () => {
  test.each(API)('asks first at %s, and is answered before any key', async (path) => {
    await using proxy = await startProxy({ env });
    const response = await preflight(proxy, path, APP, { 'access-control-request-private-network': 'true' });
    expect(response.status).toBe(204);
    const { headers } = response;
    expect(headers.get('access-control-allow-origin')).toBe(APP);
    expect(headers.get('access-control-allow-methods')).toMatch(/POST|GET/);
    expect(headers.get('access-control-allow-headers')).toBe('anthropic-version,content-type,x-api-key');
    expect(headers.get('access-control-allow-private-network')).toBe('true');
    expect(headers.get('vary')).toContain('Origin');
  });

  test.each([
    ['an answer', '/v1/messages', hello, KEY, 200],
    ['a stream', '/v1/messages', { ...hello, stream: true }, KEY, 200],
    ['a count', '/v1/messages/count_tokens', hello, KEY, 200],
    ['a list', '/v1/models', undefined, KEY, 200],
    ['an error of the request', '/v1/messages', {}, KEY, 400],
    ['a wrong key', '/v1/messages', hello, 'wrong', 401],
    ['an unknown path', '/v1/nothing', {}, KEY, 404],
    ['an unknown model', '/v1/messages', { ...hello, model: 'gpt-9' }, KEY, 404],
    ['another method', '/v1/messages', undefined, KEY, 405],
  ])('may read %s', async (_name, path, body, key, status) => {
    await using proxy = await startProxy({ env });
    const response = await proxy.send(path, body, { origin: APP, 'x-api-key': key });
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    expect(response.headers.get('access-control-expose-headers')).toContain('request-id');
    expect(response.headers.get('vary')).toBe('Origin');
    await response.text();
  });

  test.each(['/', '/health', '/swagger', '/test-connection', '/v1/health', '/v1', '/api/hello', '/v1x/a'])(
    'may not use %s',
    async (path) => {
      await using proxy = await startProxy({ env });
      for (const response of [
        await proxy.send(path, undefined, { origin: APP, 'x-api-key': KEY }),
        await preflight(proxy, path, APP),
      ]) {
        expect(response.status).toBe(403);
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
      }
    },
  );

  test.each([
    'https://other.example',
    'http://app.example',
    `${APP}:8443`,
    'https://app.example.evil',
    'null',
  ])('%s is another one', async (origin) => {
    await using proxy = await startProxy({ env });
    for (const response of [
      await proxy.send('/v1/messages', hello, { origin, 'x-api-key': KEY }),
      await preflight(proxy, '/v1/messages', origin),
    ]) {
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(response.headers.get('vary')).toBe('Origin');
    }
  });

  test('beside one without any: nothing is opened, but caches are told', async () => {
    await using proxy = await startProxy({ env });
    const { headers } = await proxy.send('/v1/messages', hello, { 'x-api-key': KEY });
    expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([null, 'Origin']);
  });

  test('is good at a name of another machine, too', async () => {
    await using proxy = await startProxy({ env: { ...env, HOST: '0.0.0.0' } });
    const own = { origin: APP, host: 'proxy.example', 'x-api-key': KEY };
    expect((await proxy.send('/v1/messages', hello, own)).status).toBe(200);
  });
});

describe('without CORS_ORIGINS', () => {
  test('nobody is told of other origins', async () => {
    await using proxy = await startProxy();
    const { headers } = await proxy.send('/v1/messages', hello);
    for (const name of ['access-control-allow-origin', 'access-control-expose-headers', 'vary'])
      expect(headers.get(name)).toBeNull();
    expect((await preflight(proxy, '/v1/messages', APP)).status).toBe(403);
  });
});

describe('CORS_ORIGINS', () => {
  test('* lets every page in that has the key', async () => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: KEY, CORS_ORIGINS: '*' } });
    for (const origin of [APP, 'null', 'chrome-extension://abc']) {
      expect((await preflight(proxy, '/v1/messages', origin)).status).toBe(204);
      const response = await proxy.send('/v1/messages', hello, { origin, 'x-api-key': KEY });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    }
    expect((await proxy.send('/v1/messages', hello, { origin: APP })).status).toBe(401);
    expect((await proxy.send('/health', undefined, { origin: APP })).status).toBe(403);
  });

  test('* without PROXY_API_KEY does not start', () => {
    const read = () => readConfig({ CORS_ORIGINS: '*', BACKEND: 'mock' }, []);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/^CORS_ORIGINS: .*PROXY_API_KEY/);
  });

  test.each([
    ['HTTPS://App.Example:443/', 'https://app.example'],
    ['http://localhost:80', 'http://localhost'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['chrome-extension://AbC', 'chrome-extension://abc'],
    ['["tauri://localhost"]', 'tauri://localhost'],
  ])('%s is read as browsers write it', (text, origin) => {
    expect(readConfig({ CORS_ORIGINS: text, BACKEND: 'mock' }, []).corsOrigins).toEqual([origin]);
  });

  test.each([
    'app.example',
    'https://app.example/path',
    'https://*.example',
    'null',
    'https://u:p@app.example',
  ])('%s is no origin', (text) => {
    expect(() => readConfig({ CORS_ORIGINS: text, BACKEND: 'mock' }, [])).toThrow(/^CORS_ORIGINS: expected/);
  });
});
