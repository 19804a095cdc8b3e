/** Two whole proxies with one real Redis, and a Google that each of them asks through its own network. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { Looker } from '../../support/clients/looker.ts';
import { hasRedis, startRedis, until } from '../../support/programs/redis-server.ts';
import { googleStream, hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';

const SIGNATURE = 'c2lnbmVkLWJ5LW9uZQ==';
const tools = [{ name: 'look', input_schema: { type: 'object' } }];

const happy = () => googleStream(textChunk('Hello there', 'STOP'));
const outOfQuota = (): Response =>
  Response.json(
    { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded. Please retry in 40s.' } },
    { status: 429 },
  );
const signedCall = (): Response =>
  googleStream({
    candidates: [
      {
        content: { parts: [{ functionCall: { name: 'look', args: {} }, thoughtSignature: SIGNATURE }] },
        finishReason: 'STOP',
      },
    ],
  });

type Asked = { key: string; body: string };

/** One proxy; `reply` may change what Google answers to a key. */
async function instance(redisUrl: string, keys = 'key-one,key-two') {
  const asked: Asked[] = [];
  const google = { reply: (_key: string): Response => happy() };
  const fetch: Fetch = async (_url, init) => {
    const key = new Headers(init.headers).get('x-goog-api-key') ?? '';
    const response = google.reply(key);
    asked.push({ key, body: String(init.body) });
    return response;
  };
  const proxy = await startProxy({ fetch, env: { API_KEYS: keys, REDIS_URL: redisUrl } });
  return Object.assign(proxy, { asked, google, keys: () => asked.map(({ key }) => key) });
}

type Health = {
  shared: { kind: string; state: string; since: string };
  keys: { models: { model: string; state: string }[] }[];
};
const health = async (proxy: TestProxy): Promise<Health> => (await proxy.send('/health')).json();
const isShared = (proxy: TestProxy, state: string) => async () =>
  (await health(proxy)).shared.state === state;

async function pair(redisUrl: string, keys?: string) {
  const both = [await instance(redisUrl, keys), await instance(redisUrl, keys)] as const;
  await Promise.all(both.map((one) => until(isShared(one, 'connected'))));
  return both;
}

async function ask(proxy: TestProxy, session: string, more: object = {}): Promise<string> {
  const headers = { 'x-claude-code-session-id': session };
  const response = await proxy.send('/v1/messages', { ...hello, stream: true, tools, ...more }, headers);
  return response.text();
}

describe.skipIf(!hasRedis)('two instances and one Redis', () => {
  test('a 429 seen by one is respected by the other', async () => {
    await using redis = await startRedis();
    const [a, b] = await pair(redis.url);
    await using _ = a;
    await using __ = b;
    // The first request is slow for other reasons, and is not measured. It asks for another model, so it says nothing
    // about the keys.
    await Promise.all([a, b].map((one) => ask(one, 'warm', { model: 'claude-haiku-4-5' })));
    for (const { asked } of [a, b]) asked.length = 0;
    a.google.reply = (key) => (key === 'key-one' ? outOfQuota() : happy());
    // A session whose hash is for key-one.
    const answer = ask(a, 'session-1');
    await until(async () => (await health(b)).keys[0]?.models[0]?.state === 'cooling');
    expect(await answer).toContain('message_stop');
    for (let i = 0; i < 6; i++) expect(await ask(b, `other-${i}`)).toContain('message_stop');
    expect(a.keys()).toEqual(['key-one', 'key-two']);
    expect(new Set(b.keys())).toEqual(new Set(['key-two']));
  });

  test('a signature made by one is used by the other, with the key that the session has', async () => {
    await using redis = await startRedis();
    const [a, b] = await pair(redis.url);
    await using _ = a;
    await using __ = b;
    a.google.reply = signedCall;
    const id = /"id":"(toolu_[^"]+)"/.exec(await ask(a, 'session-2'))?.[1];
    const [home] = a.keys();
    // News comes in order: with this, which /health shows, the signature has come as well.
    a.google.reply = (key) => (key === home ? happy() : outOfQuota());
    for (let i = 0; i < 10; i++) await ask(a, `another ${i}`, { model: 'claude-haiku-4-5' });
    await until(async () => (await health(b)).keys.some(({ models }) => models.length > 0));
    const messages = [
      ...hello.messages,
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'look', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'seen' }] },
    ];
    expect(await ask(b, 'session-2', { messages })).toContain('message_stop');
    expect(b.keys()).toEqual([String(home)]);
    const { contents } = JSON.parse(b.asked[0]?.body ?? '{}');
    expect(contents[1].parts).toEqual([
      { functionCall: expect.objectContaining({ name: 'look' }), thoughtSignature: SIGNATURE },
    ]);
  });

  test('Redis is killed and started again under load: no request is lost', async () => {
    await using redis = await startRedis();
    const [a, b] = await pair(redis.url);
    await using _ = a;
    await using __ = b;
    let number = 0;
    const fifty = () =>
      Promise.all(Array.from({ length: 50 }, () => ask(++number % 2 ? a : b, `session-${number % 30}`)));
    const answers: string[] = [];
    const under = async (...work: Promise<unknown>[]) => {
      const [some] = await Promise.all([fifty(), ...work]);
      answers.push(...some);
    };
    await under(redis.kill());
    await Promise.all([a, b].map((one) => until(isShared(one, 'away'))));
    // One instance learns something that it cannot tell the other now.
    a.google.reply = (key) => (key === 'key-one' ? outOfQuota() : happy());
    await under();
    expect((await health(b)).keys[0]?.models).toEqual([]);
    await under(redis.restart());
    await Promise.all([a, b].map((one) => until(isShared(one, 'connected'))));
    await until(async () => (await health(b)).keys[0]?.models[0]?.state === 'cooling');
    const before = b.asked.length;
    await under();
    expect(answers.length).toBe(200);
    expect(answers.filter((text) => !text.includes('event: message_stop'))).toEqual([]);
    expect(new Set(b.keys().slice(before))).toEqual(new Set(['key-two']));
    for (const { lines } of [a, b]) {
      const told = lines.map(({ msg }) => String(msg)).filter((message) => message.startsWith('Redis at'));
      expect(told).toEqual([expect.stringContaining('does not answer'), expect.stringContaining('is back')]);
    }
  });

  test('a Redis that hangs delays nobody', async () => {
    await using redis = await startRedis();
    const [a, b] = await pair(redis.url);
    await using _ = a;
    await using __ = b;
    await Promise.all([ask(a, 'warm'), ask(b, 'warm')]);
    const timeOf20 = async (session: string) => {
      const start = performance.now();
      for (let i = 0; i < 20; i++)
        expect(await ask(i % 2 ? a : b, `${session}-${i}`)).toContain('message_stop');
      return performance.now() - start;
    };
    const healthy = await timeOf20('healthy');
    redis.pause();
    // Compared with itself, since the machine may be busy. If each request waited for Redis, it would take seconds.
    expect(await timeOf20('held')).toBeLessThan(10 * healthy + 300);
    redis.resume();
  });

  test('each says on its page which of how many it is, and no longer when the other has gone', async () => {
    await using redis = await startRedis();
    const [a, b] = await pair(redis.url);
    const lookers = [await Looker.at(a), await Looker.at(b)] as const;
    await using _a = a;
    for (const looker of lookers) await looker.until(() => looker.last('state')?.instance !== undefined);
    const places = lookers.map((looker) => looker.last('state')?.instance);
    expect(places.map((place) => place?.of)).toEqual([2, 2]);
    expect(new Set(places.map((place) => place?.number))).toEqual(new Set([1, 2]));
    lookers[1].leave();
    await b[Symbol.asyncDispose]();
    await ask(a, 'session');
    await lookers[0].until(() => lookers[0].last('state')?.instance === undefined);
    lookers[0].leave();
  });

  test('the password of Redis is in no log line and on no page', async () => {
    await using redis = await startRedis({ password: 's3cret-of-redis' });
    await using a = await instance(redis.url);
    await until(isShared(a, 'connected'));
    await ask(a, 'session');
    await redis.kill();
    await until(isShared(a, 'away'));
    const told = JSON.stringify([a.lines, await health(a)]);
    expect(told).toContain('127.0.0.1');
    expect(told).not.toContain('s3cret-of-redis');
  });
});
