/**
 * Bun's own client, as docs/discoveries/0005-redis-in-bun.md describes it: what we rely on, and what we have to avoid.
 */
import { describe, expect, test } from 'bun:test';
import { RedisClient } from 'bun';
import { settle } from '../support/manual-clock.ts';
import { hasRedis, startRedis, until } from '../support/redis-server.ts';

const ONCE = { autoReconnect: false, enableOfflineQueue: false, connectionTimeout: 1_000 };

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Error) => error.message,
  );

describe.skipIf(!hasRedis)("Bun's Redis client", () => {
  test('reconnects without a word, and without its subscription', async () => {
    await using redis = await startRedis();
    const client = new RedisClient(redis.url);
    const heard: string[] = [];
    let closed = 0;
    client.onclose = () => closed++;
    await client.connect();
    await client.subscribe('news', (message) => heard.push(message));
    await redis.command('PUBLISH', 'news', 'one');
    await until(() => heard.length > 0);
    await redis.kill();
    await until(() => !client.connected);
    await redis.restart();
    await until(() => client.connected);
    expect(await redis.command('PUBLISH', 'news', 'two')).toBe(0);
    expect([heard, closed]).toEqual([['one'], 0]);
    client.close();
  });

  test('told not to reconnect, it tells that it was closed, and rejects what waits', async () => {
    await using redis = await startRedis();
    const client = new RedisClient(redis.url, ONCE);
    let closed = 0;
    client.onclose = () => closed++;
    await client.connect();
    redis.pause();
    const waiting = messageOf(client.send('GET', ['x']));
    await redis.kill();
    expect([await waiting, await messageOf(client.send('GET', ['x']))]).toEqual([
      'Connection closed',
      'Connection has failed',
    ]);
    expect(closed).toBe(1);
    client.close();
  });

  test('a wrong password is told like a server that is not there', async () => {
    await using redis = await startRedis({ password: 'right' });
    const connect = async (url: string) => {
      const client = new RedisClient(url, ONCE);
      const message = await messageOf(client.connect());
      client.close();
      return message;
    };
    const wrong = await connect(redis.url.replace('right', 'wrong'));
    await redis.kill();
    expect([wrong, await connect(redis.url)]).toEqual(['Connection closed', 'Connection closed']);
  });

  test('a server that stands still is not noticed', async () => {
    await using redis = await startRedis();
    const client = new RedisClient(redis.url, ONCE);
    await client.connect();
    redis.pause();
    const waiting = messageOf(client.send('GET', ['x']));
    await settle();
    expect(client.connected).toBe(true);
    client.close();
    expect(await waiting).toBe('Connection closed');
  });
});
