import { describe, expect, test } from 'bun:test';
import { openRedisShared } from '../../src/cluster/redis-shared.ts';
import { systemClock } from '../../src/lib/ports.ts';
import { shareSignatures } from '../../src/signatures/shared.ts';
import { openSignatureStore } from '../../src/signatures/store.ts';
import { hasRedis, startRedis, until } from '../support/programs/redis-server.ts';

let instances = 0;

function join(url: string) {
  const clock = systemClock;
  const shared = openRedisShared({ url, clock, instance: `store-${++instances}` });
  const local = openSignatureStore({ file: ':memory:', maxRows: 1_000, clock });
  const store = shareSignatures(local, shared.link);
  return {
    shared,
    local,
    store,
    connected: () => until(() => shared.status().state === 'connected'),
    async [Symbol.asyncDispose]() {
      await shared.close();
      store.close();
    },
  };
}

const knows = (store: { get(keys: readonly string[]): Promise<Map<string, string>> }, key: string) => () =>
  store.get([key]).then((found) => found.has(key));

describe.skipIf(!hasRedis)('signatures of several instances', () => {
  test('what one has stored the other finds, and keeps', async () => {
    await using redis = await startRedis();
    await using a = join(redis.url);
    await using b = join(redis.url);
    await Promise.all([a.connected(), b.connected()]);
    a.store.put('call:1', 'one "💡"\n');
    a.store.put('call:2', 'two');
    b.local.put('call:3', 'three, of b alone');
    const found = await b.store.get(['call:9', 'call:2', 'call:3', 'call:1']);
    expect(found).toEqual(
      new Map([
        ['call:3', 'three, of b alone'],
        ['call:2', 'two'],
        ['call:1', 'one "💡"\n'],
      ]),
    );
    expect(await b.local.get(['call:1'])).toEqual(new Map([['call:1', 'one "💡"\n']]));
    expect(await redis.command('EXISTS', 'gemini-proxy:signature:call:3')).toBe(0);
    expect(Number(await redis.command('PTTL', 'gemini-proxy:signature:call:1'))).toBeGreaterThan(
      6 * 86_400_000,
    );
  });

  test('what one has found is not written again', async () => {
    await using redis = await startRedis();
    await using a = join(redis.url);
    await using b = join(redis.url);
    await Promise.all([a.connected(), b.connected()]);
    a.store.put('call:1', 'one');
    await until(knows(b.store, 'call:1'));
    await redis.command('DEL', 'gemini-proxy:signature:call:1');
    await b.store.get(['call:1']);
    await b.shared.close();
    expect(await redis.command('EXISTS', 'gemini-proxy:signature:call:1')).toBe(0);
  });

  test('a held Redis delays one look-up by 50 ms, and no other', async () => {
    await using redis = await startRedis();
    await using a = join(redis.url);
    await a.connected();
    redis.pause();
    a.store.put('call:1', 'one');
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      const found = await a.store.get(['call:1', 'call:unknown']);
      times.push(performance.now() - start);
      expect(found).toEqual(new Map([['call:1', 'one']]));
    }
    expect(times[0]).toBeLessThan(150);
    expect(times.slice(1).reduce((sum, ms) => sum + ms)).toBeLessThan(50);
    redis.resume();
    await until(async () => (await redis.command('GET', 'gemini-proxy:signature:call:1')) === 'one');
  });

  test('what was stored while Redis was gone is found when it is back', async () => {
    await using redis = await startRedis();
    await using a = join(redis.url);
    await using b = join(redis.url);
    await Promise.all([a.connected(), b.connected()]);
    a.store.put('call:before', 'kept');
    await redis.kill();
    a.store.put('call:meanwhile', 'kept, too');
    expect(await a.store.get(['call:meanwhile'])).toEqual(new Map([['call:meanwhile', 'kept, too']]));
    expect(await b.store.get(['call:meanwhile'])).toEqual(new Map());
    await redis.restart();
    await until(knows(b.store, 'call:meanwhile'));
    await until(knows(b.store, 'call:before'));
  });

  test('what is no text under the name of a signature is not known', async () => {
    await using redis = await startRedis();
    await using a = join(redis.url);
    await a.connected();
    await redis.command('LPUSH', 'gemini-proxy:signature:call:1', 'x');
    await redis.command('SET', 'gemini-proxy:signature:call:2', 'two');
    expect(await a.store.get(['call:1', 'call:2'])).toEqual(new Map([['call:2', 'two']]));
  });
});
