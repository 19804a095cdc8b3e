/** The requests about kept prompts are those that the official SDK makes. */
import { describe, expect, test } from 'bun:test';
import { GoogleGenAI } from '@google/genai/web';
import { geminiHost } from '../../src/upstream/host.ts';
import { createPromptKeeper } from '../../src/upstream/prompt-keeper.ts';
import { ManualClock } from '../support/manual-clock.ts';

const BASE = 'https://google.invalid';
const NAME = 'cachedContents/abc';
const never = new AbortController().signal;

type Sent = { method: string; url: string; key: string | null; body: unknown };

const sentBy = (url: string, init: RequestInit): Sent => ({
  method: init.method ?? 'GET',
  url,
  key: new Headers(init.headers).get('x-goog-api-key'),
  body: init.body ? JSON.parse(String(init.body)) : undefined,
});

/** What each of them sends for the same. */
function both() {
  const ours: Sent[] = [];
  const theirs: Sent[] = [];
  const address = geminiHost('key', BASE).keeper;
  if (!address) throw new Error('no address');
  const keeper = createPromptKeeper(address, {
    clock: new ManualClock(),
    fetch: async (url, init) => {
      ours.push(sentBy(url, init));
      return Response.json({ name: NAME });
    },
  });
  const fetch = async (url: string | URL | Request, init: RequestInit = {}) => {
    theirs.push(sentBy(String(url), init));
    return Response.json({ name: NAME });
  };
  const { caches } = new GoogleGenAI({
    apiKey: 'key',
    vertexai: false,
    apiVersion: 'v1beta',
    httpOptions: { baseUrl: BASE },
  });
  return { ours, theirs, keeper, caches, config: { httpOptions: { fetch } } };
}

describe('as the SDK', () => {
  test('keeps', async () => {
    const { ours, theirs, keeper, caches, config } = both();
    const contents = [{ role: 'user', parts: [{ text: 'x' }] }];
    await caches.create({ model: 'gemini-3.8-flash', config: { ...config, contents, ttl: '300s' } });
    await keeper.keep(JSON.stringify({ model: 'models/gemini-3.8-flash', contents, ttl: '300s' }), never);
    expect(ours).toEqual(theirs);
  });

  test('keeps on', async () => {
    const { ours, theirs, keeper, caches, config } = both();
    await caches.update({ name: NAME, config: { ...config, ttl: '300s' } });
    await keeper.keepOn(NAME, 300, never);
    // The mask says which field is meant; without it Google takes those that are there.
    expect(ours.map((one) => ({ ...one, url: one.url.replace('?updateMask=ttl', '') }))).toEqual(theirs);
  });

  test('lets go', async () => {
    const { ours, theirs, keeper, caches, config } = both();
    await caches.delete({ name: NAME, config });
    await keeper.letGo(NAME, never);
    const plain = ({ body: _, ...rest }: Sent) => rest;
    expect(ours.map(plain)).toEqual(theirs.map(plain));
  });
});

test('a refusal is told in the words of Google', async () => {
  const address = { url: `${BASE}/v1beta/cachedContents`, headers: {} };
  const error = {
    code: 403,
    message: 'CachedContent not found (or permission denied)',
    status: 'PERMISSION_DENIED',
  };
  const fetch = async () => Response.json({ error }, { status: 403 });
  const keeper = createPromptKeeper(address, { fetch, clock: new ManualClock() });
  await expect(keeper.letGo(NAME, never)).rejects.toMatchObject({ status: 403, message: error.message });
});

test('whoever stops waits no longer', async () => {
  const stop = new AbortController();
  const address = { url: `${BASE}/v1beta/cachedContents`, headers: {} };
  const keeper = createPromptKeeper(address, {
    fetch: () => new Promise(() => {}),
    clock: new ManualClock(),
  });
  const keeping = keeper.keep('{}', stop.signal);
  stop.abort(new Error('closing'));
  await expect(keeping).rejects.toThrow('closing');
});
