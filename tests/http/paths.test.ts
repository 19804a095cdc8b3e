import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaw } from '../support/clients/raw-client.ts';
import { hello, startProxy } from '../support/proxy.ts';

/** Bun's own client reduces several slashes at the beginning to one. */
const asked = (path: string) => path.replace(/^\/+/, '/');

describe('a base URL that brings a part of the path', () => {
  test.each([
    '/v1/messages/',
    '/v1//messages',
    '//v1//messages//',
    '/v1/v1/messages',
    '/v1//v1/messages',
    '/v1/v1/v1/messages',
    '/messages',
    '/messages/',
  ])('%s asks for a message', async (path) => {
    await using proxy = await startProxy();
    const response = await proxy.send(path, hello);
    expect(await response.json()).toMatchObject({ type: 'message', role: 'assistant' });
    expect((await proxy.send(`${path}?beta=true`, { ...hello, stream: true })).status).toBe(200);
    expect(proxy.lines).toContainEqual(
      expect.objectContaining({ path: '/v1/messages', asked_path: asked(path), status: 200 }),
    );
  });

  test('two slashes in front are served as they come from a socket', async () => {
    await using proxy = await startProxy();
    const client = await openRaw(proxy.port);
    client.write('GET //v1//models HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const [answer] = await client.answers(1);
    client.socket.destroy();
    expect(answer?.status).toBe(200);
    expect(proxy.lines).toContainEqual(
      expect.objectContaining({ path: '/v1/models', asked_path: '//v1//models', status: 200 }),
    );
  });

  test.each([
    ['/messages/count_tokens', hello, { input_tokens: expect.any(Number) }],
    ['/v1/v1/messages/count_tokens/', hello, { input_tokens: expect.any(Number) }],
    ['/models', undefined, { data: expect.any(Array) }],
    ['/v1/v1/models/', undefined, { data: expect.any(Array) }],
    ['/models/claude-opus-5-5', undefined, { id: 'claude-opus-5-5' }],
    ['/v1/v1/models/models%2Fgemini-4-argon', undefined, { id: 'gemini-4-argon' }],
    ['/v1/api/hello', undefined, { message: 'hello' }],
    ['/v1', undefined, { service: 'gemini-claude-proxy' }],
    ['/v1/', undefined, { service: 'gemini-claude-proxy' }],
  ])('%s is served', async (path, body, answer) => {
    await using proxy = await startProxy();
    expect(await (await proxy.send(path, body)).json()).toMatchObject(answer);
  });

  test('HEAD is answered wherever GET is', async () => {
    await using proxy = await startProxy();
    for (const path of ['/', '/v1', '/v1/models', '/models', '/v1/api/hello', '/swagger/json']) {
      expect((await fetch(`${proxy.url}${path}`, { method: 'HEAD' })).status).toBe(200);
    }
  });

  test('asks for the key of the proxy all the same', async () => {
    await using proxy = await startProxy({ env: { PROXY_API_KEY: 'the-key' } });
    for (const path of ['/messages', '//v1/messages', '/v1/v1/messages/', '/v1/v1/messages/count_tokens'])
      expect((await proxy.send(path, hello)).status).toBe(401);
  });

  test.each(['/messages', '/v1/v1/messages', '/v1/messages/'])(
    '%s under another method says which there are',
    async (path) => {
      await using proxy = await startProxy();
      const response = await proxy.send(path);
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    },
  );

  test('one recording answers all of them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paths-'));
    const recording = join(folder, 'recording');
    try {
      {
        await using proxy = await startProxy({ env: { RECORD: recording, CI: '' } });
        await proxy.send('/v1/v1/messages/', hello);
      }
      expect(readdirSync(recording)).toContain('001-sdk');
      await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: recording } });
      expect((await replay.send('/messages', hello)).status).toBe(200);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('404', () => {
  const cases: [string, string | undefined][] = [
    ['/anthropic/v1/messages', '/anthropic'],
    ['/anthropic/messages', '/anthropic'],
    ['/api/v1/models/claude-opus-5-5', '/api'],
    ['/proxy/v1/v1/messages/count_tokens', '/proxy'],
    ['/v1/messages/v1/messages', '/v1/messages'],
    ['/anthropic/v1/messages/batches', '/anthropic'],
    ['/anthropic/v1/files', '/anthropic'],
    ['/v1/v1/complete', '/v1'],
    ['/v1/complete', undefined],
    // Other products of Anthropic.
    ['/v1/skills', undefined],
    ['/v1/agents', undefined],
    ['/v1/sessions', undefined],
    ['/v1/environments', undefined],
    ['/v1/memory_stores', undefined],
    ['/v1/user_profiles', undefined],
    ['/v1/organizations/me', undefined],
    ['/favicon.ico', undefined],
    ['/V1', undefined],
  ];
  test.each(cases)('of %s: what ANTHROPIC_BASE_URL has too much is %p', async (path, slip) => {
    await using proxy = await startProxy();
    const response = await proxy.send(path, {});
    const { error } = await response.json();
    expect([response.status, error.type]).toEqual([404, 'not_found_error']);
    expect(error.message).toStartWith(`Not found: ${path}`);
    const hint = `ANTHROPIC_BASE_URL to ${proxy.url}, without ${slip}`;
    if (slip === undefined) expect(error.message).not.toContain('ANTHROPIC_BASE_URL');
    else expect(error.message).toEndWith(hint);
  });

  test('a path as long as a head may be is not said back whole', async () => {
    await using proxy = await startProxy();
    const { error } = await (await proxy.send(`/${'a'.repeat(8_000)}/v1/messages`)).json();
    expect(error.message.length).toBeLessThan(1_000);
  });
});
