/**
 * Every secret that a process can have (several keys, a password in a URL) with an upstream that repeats them: none is
 * in the proxy's output, in a page, or in an answer, before and after a reload.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveUpstream } from '../support/google/upstream.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';
import { hello, textChunk } from '../support/proxy.ts';

const PROXY_KEY = 'secret-of-the-proxy';
const ENV_SECRETS = { GOOGLE_API_KEY: 'secret-spare-key', PROXY_API_KEY: PROXY_KEY };
const OLD_KEYS = ['secret-key-one', 'secret-key-two', 'secret-key-three'];
const NEW_KEYS = ['secret-key-four', 'secret-key-one'];
const PASSWORD = 'secret-pass%2Fword';
/** Any of them, in any encoding. */
const ANY_SECRET = /secret[-_](?:of-the-proxy|spare|key|pass|wrong)/i;
const PAGES = [
  '/',
  '/health',
  '/livez',
  '/readyz',
  '/api/hello',
  '/v1/models',
  '/v1/models/claude-opus-5-5',
  '/test-connection',
  '/swagger',
  '/swagger/json',
  '/nothing',
];

const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Repeats the key that it was asked with, in every place that an answer has. */
const REPLIES: ((key: string) => Response)[] = [
  (key) => Response.json({ error: { code: 400, message: `Bad ${key}`, status: key } }, { status: 400 }),
  (key) =>
    Response.json({ error: { code: 403, message: `Consumer 'api_key:${key}' suspended` } }, { status: 403 }),
  (key) =>
    new Response(`<h1>${key}</h1>`, { status: 502, statusText: key, headers: { server: key, 'x-key': key } }),
  (key) => new Response(`no such key: ${key}`, { status: 404, headers: { 'set-cookie': `key=${key}` } }),
  (key) =>
    new Response(`data: {"error":{"code":400,"message":"${key}"}}\r\n\r\n`, {
      headers: { 'content-type': 'text/event-stream' },
    }),
  (key) =>
    new Response(`data: {"broken ${key}\r\n\r\n`, { headers: { 'content-type': 'text/event-stream' } }),
  (key) => Response.json({ ...textChunk('Hi', 'STOP'), modelVersion: key, responseId: key }),
  (key) => Response.json({ candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: key }] }),
];

/** A free port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const settings = (keys: readonly string[]) =>
  writeFileSync(join(folder, '.env'), `API_KEYS=${keys.join(',')}\n`);

/** Head and body of every page, and of an answer to every reply. */
async function everythingSaid(proxy: ProxyProcess, replies: number): Promise<string> {
  const said: string[] = [];
  const ask = async (path: string, headers: Record<string, string>, body?: object) => {
    const response = await fetch(`${proxy.url}${path}`, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: { 'anthropic-version': '2023-06-01', ...headers },
    });
    said.push(JSON.stringify([...response.headers]), await response.text());
  };
  for (const headers of [{ 'x-api-key': PROXY_KEY }, { 'x-api-key': 'secret-wrong' }, {}]) {
    const known: Record<string, string> = headers;
    for (let i = 0; i < replies; i++) await ask('/v1/messages', known, { ...hello, stream: i % 2 === 0 });
    await ask('/v1/messages/count_tokens', known, { model: hello.model, messages: hello.messages });
    for (const path of PAGES) await ask(path, known);
  }
  return said.join('\n');
}

describe('secrets', () => {
  test('of a process: nowhere', async () => {
    let asked = 0;
    const keysSeen = new Set<string>();
    using upstream = serveUpstream(({ headers }) => {
      const key = headers.get('x-goog-api-key') ?? '';
      keysSeen.add(key);
      return REPLIES[asked++ % REPLIES.length]?.(key) ?? new Response();
    });
    settings(OLD_KEYS);
    const proxy = await startProxy({
      folder,
      env: {
        ...ENV_SECRETS,
        GOOGLE_GEMINI_BASE_URL: upstream.url,
        REDIS_URL: `redis://user:${PASSWORD}@127.0.0.1:${await closedPort()}/0`,
        MAX_RETRIES: '0',
        MAX_STREAMING_RETRIES: '0',
      },
    });
    try {
      const before = await everythingSaid(proxy, 2 * REPLIES.length);
      settings(NEW_KEYS);
      proxy.signal('SIGHUP');
      while (!proxy.output().includes('settings read anew')) await proxy.wrote();
      const after = await everythingSaid(proxy, 2 * REPLIES.length);
      writeFileSync(join(folder, '.env'), 'API_KEYS=secret-key with a space\n');
      proxy.signal('SIGHUP');
      while (!proxy.output().includes('settings stay as they were')) await proxy.wrote();
      expect(keysSeen.size).toBeGreaterThan(2);
      for (const text of [before, after, proxy.output()]) expect(ANY_SECRET.exec(text)?.[0]).toBeUndefined();
    } finally {
      await proxy.crash();
    }
  });

  test.each([
    ['a key with a space', { API_KEYS: 'secret-key one,secret-key-two' }],
    ['a list that is broken', { API_KEYS: '["secret-key-one", ' }],
    ['a key of the proxy with a line break', { PROXY_API_KEY: 'secret-of-the-proxy\nx' }],
    ['a Redis URL of another kind', { REDIS_URL: `http://user:${PASSWORD}@127.0.0.1` }],
  ])('in a setting that is refused: %s', async (_name, env: Record<string, string>) => {
    const failure = await startProxy({ folder: join(folder, 'refused'), env }).then(
      (proxy) => proxy.crash(),
      (error: Error) => error.message,
    );
    expect(failure).toMatch(/API_KEYS|PROXY_API_KEY|REDIS_URL/);
    expect(failure).not.toMatch(ANY_SECRET);
  });
});
