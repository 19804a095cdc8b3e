/** Settings change while the server works, and Google tells who asks it. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '../../../src/lib/ports.ts';
import { heldUpstream, reader, turns } from '../../support/google/held-upstream.ts';
import {
  eventNames,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

const OLD = 'canary-key-old';
const NEW = 'canary-key-new';
const streamed = { ...hello, stream: true };
const session = { 'x-claude-code-session-id': 'session-1' };

type Asked = { key: string; model: string };

const askedWith = (url: string, init: RequestInit): Asked => ({
  key: new Headers(init.headers).get('x-goog-api-key') ?? '',
  model: /models\/([^:]+):/.exec(url)?.[1] ?? '',
});

/** Answers every key, except those that it refuses. */
function google() {
  const asked: Asked[] = [];
  const refused = new Set<string>();
  const fetch: Fetch = async (url, init) => {
    const who = askedWith(url, init);
    asked.push(who);
    if (!refused.has(who.key)) return googleStream(textChunk('Hello there', 'STOP'));
    const message = `API key not valid: ${who.key}. Please pass a valid API key.`;
    return Response.json({ error: { code: 400, message } }, { status: 400 });
  };
  const names = () => asked.map(({ key }) => key);
  return { asked, refused, names, start: (env: Record<string, string>) => startProxy({ fetch, env }) };
}

const ask = async (proxy: TestProxy, body: object = streamed) =>
  (await proxy.send('/v1/messages', body, session)).text();

const said = (proxy: TestProxy) => proxy.lines.map(({ msg }) => msg);

describe('keys', () => {
  test('a stream under way goes on with the old key; the next request has the new one', async () => {
    const held = heldUpstream();
    const asked: Asked[] = [];
    const fetch: Fetch = (url, init, exchange) => {
      asked.push(askedWith(url, init));
      if (asked.length === 1) return held.fetch(url, init, exchange);
      return Promise.resolve(googleStream(textChunk('Hello there', 'STOP')));
    };
    await using proxy = await startProxy({ fetch, env: { API_KEYS: OLD } });
    const pending = proxy.send('/v1/messages', streamed, session);
    await held.asked;
    held.openHead();
    await turns();
    held.push(textChunk('one, '));
    const events = reader(await pending);
    await events.until('one, ');
    proxy.reload({ API_KEYS: NEW });
    expect(eventNames(await ask(proxy)).at(-1)).toBe('message_stop');
    held.push(textChunk('two', 'STOP'));
    held.close();
    const text = await events.rest();
    expect([text.includes('two'), eventNames(text).at(-1)]).toEqual([true, 'message_stop']);
    expect(asked.map(({ key }) => key)).toEqual([OLD, NEW]);
  });

  test('one that was removed is asked no more, and one that was added is', async () => {
    const { start, names } = google();
    await using proxy = await start({ API_KEYS: `${OLD},stays` });
    await ask(proxy);
    proxy.reload({ API_KEYS: `stays,${NEW}` });
    for (let i = 0; i < 4; i++) await (await proxy.send('/v1/messages', streamed)).text();
    expect(names()[0]).toBe(OLD);
    expect(new Set(names().slice(1))).toEqual(new Set(['stays', NEW]));
  });

  test('one that was refused gets another chance', async () => {
    const { start, names, refused } = google();
    refused.add(OLD);
    await using proxy = await start({ API_KEYS: `${OLD},${NEW}` });
    await ask(proxy);
    await ask(proxy);
    expect(names()).toEqual([OLD, NEW, NEW]);
    refused.clear();
    proxy.reload({});
    refused.add(NEW);
    expect(eventNames(await ask(proxy)).at(-1)).toBe('message_stop');
    expect(names().slice(3)).toEqual([NEW, OLD]);
  });

  test('neither old nor new ones are ever told', async () => {
    const { start, refused } = google();
    refused.add(OLD).add(NEW);
    await using proxy = await start({ API_KEYS: OLD });
    const before = await ask(proxy);
    proxy.reload({ API_KEYS: NEW });
    const after = await ask(proxy);
    expect(before + after + JSON.stringify(proxy.lines)).not.toContain('canary');
    expect(after).toContain('***');
  });
});

describe('models', () => {
  test('another map holds from the next request on', async () => {
    const { start, asked } = google();
    await using proxy = await start({ API_KEYS: OLD });
    await ask(proxy);
    proxy.reload({ BIG_MODEL: 'gemini-4-neon' });
    await ask(proxy);
    proxy.reload({ MODEL_MAP: '{"claude-opus-*":"gemini-4-carbon"}' });
    await ask(proxy);
    expect(asked.map(({ model }) => model)).toEqual(['gemini-4-argon', 'gemini-4-neon', 'gemini-4-carbon']);
  });
});

describe('what the log tells', () => {
  test('what was applied, in one line', async () => {
    await using proxy = await google().start({ API_KEYS: OLD });
    proxy.reload({
      API_KEYS: `${OLD},${NEW}`,
      BIG_MODEL: 'gemini-4-neon',
      MODEL_FALLBACKS: '',
      KEY_RPM: '5',
    });
    expect(proxy.lines.at(-1)).toMatchObject({
      level: 'info',
      msg: 'settings read anew',
      keys: [expect.stringMatching(/^\w+$/), expect.stringMatching(/^\w+$/)],
      models: { big: 'gemini-4-neon', small: 'gemini-4-hydrogen', patterns: [] },
      fallbacks: [],
      key_rpm: 5,
    });
  });

  test('what needs a restart, by name; the rest is applied', async () => {
    const { start, names } = google();
    await using proxy = await start({ API_KEYS: OLD });
    proxy.reload({ API_KEYS: NEW, PORT: '1', LOG_LEVEL: 'INFO', PROXY_API_KEY: 'canary-client' });
    expect(proxy.lines.at(-2)).toMatchObject({
      level: 'warn',
      msg: 'PORT, PROXY_API_KEY, LOG_LEVEL, LOG_FORMAT: changed; that needs a restart',
    });
    await ask(proxy);
    expect([names(), JSON.stringify(proxy.lines).includes('canary')]).toEqual([[NEW], false]);
  });

  test('nothing of a restart once it is as it was', async () => {
    await using proxy = await google().start({ API_KEYS: OLD });
    proxy.reload({ PORT: '1' });
    proxy.reload({});
    expect(said(proxy).slice(-1)).toEqual(['settings read anew']);
    expect(said(proxy).filter((line) => String(line).includes('restart'))).toHaveLength(1);
  });

  test('a notice of the new settings, once', async () => {
    await using proxy = await google().start({ API_KEYS: OLD });
    proxy.reload({ SMALL_MODEL: 'gemini-1.5-flash-latest' });
    proxy.reload({ SMALL_MODEL: 'gemini-1.5-flash-latest' });
    expect(said(proxy).filter((line) => String(line).startsWith('SMALL_MODEL: '))).toHaveLength(1);
  });
});

describe('what is not applied', () => {
  test('settings that cannot be read: the old ones stay', async () => {
    const { start, names } = google();
    await using proxy = await start({ API_KEYS: OLD });
    expect(() => proxy.reload({ API_KEYS: NEW, MODEL_FALLBACKS: 'a>a' })).toThrow(
      'MODEL_FALLBACKS: a is there twice',
    );
    await ask(proxy);
    expect(names()).toEqual([OLD]);
  });

  test('another backend: nothing at all', async () => {
    const { start, asked } = google();
    await using proxy = await start({ API_KEYS: OLD });
    proxy.reload({ BACKEND: 'mock', API_KEYS: NEW, BIG_MODEL: 'gemini-4-neon' });
    expect(said(proxy).at(-1)).toBe('BACKEND: from gemini to mock needs a restart; nothing was changed');
    await ask(proxy);
    expect(asked).toEqual([{ key: OLD, model: 'gemini-4-argon' }]);
  });

  test('anything while recording', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reload-'));
    try {
      const { start, names } = google();
      await using proxy = await start({ API_KEYS: OLD, RECORD: join(folder, 'r'), CI: '' });
      proxy.reload({ API_KEYS: NEW });
      expect(said(proxy).at(-1)).toBe('settings are not read anew while recording');
      await ask(proxy);
      expect(names()).toEqual([OLD]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('keys of the mock; its models are', async () => {
    await using proxy = await startProxy();
    proxy.reload({ API_KEYS: NEW, BIG_MODEL: 'gemini-4-neon' });
    expect(eventNames(await ask(proxy)).at(-1)).toBe('message_stop');
    expect(proxy.lines.findLast(({ status }) => status === 200)).toMatchObject({
      gemini_model: 'gemini-4-neon',
    });
  });
});

test('/test-connection tells what was changed and needs a restart', async () => {
  const message = async (proxy: TestProxy) => (await (await proxy.send('/test-connection')).json()).message;
  await using mock = await startProxy({ env: { BACKEND: 'mock' } });
  expect(await message(mock)).toBe('No key was tried: the mock answered');
  mock.reload({ BACKEND: 'gemini', GEMINI_API_KEY: NEW });
  expect(await message(mock)).toBe(
    'No key was tried: the mock answered. Settings have changed that need a restart: BACKEND (gemini)',
  );
  mock.reload({});
  expect(await message(mock)).toBe('No key was tried: the mock answered');
  const fetch: Fetch = async () => Response.json({ error: { code: 400, message: 'No.' } }, { status: 400 });
  await using proxy = await startProxy({ fetch });
  proxy.reload({ GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1', LOG_FORMAT: 'json' });
  expect(await message(proxy)).toEndWith(
    'Settings have changed that need a restart: GOOGLE_GEMINI_BASE_URL, LOG_LEVEL, LOG_FORMAT',
  );
});
