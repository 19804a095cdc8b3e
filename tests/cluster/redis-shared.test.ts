import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Fact } from '../../src/cluster/facts.ts';
import { type Clock, systemClock } from '../../src/lib/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { cooling, join, later, opened, refused, two } from '../support/pools/instances.ts';
import { hasRedis, type RedisServer, startRedis, until } from '../support/programs/redis-server.ts';

/** A moment that is later than everything said so far, even within the same millisecond. */
const ahead: Clock = { ...systemClock, wall: () => new Date(Date.now() + 1_000) };

describe.skipIf(!hasRedis)('instances with one Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  const kinds: Fact[] = [
    cooling('told', later()),
    refused('told'),
    opened('told', later()),
    { kind: 'streams', model: 'told', until: later(), opens: 1 },
    { kind: 'sent', key: 'told', at: 1, tokens: 100 },
  ];
  for (const fact of kinds) {
    test(`a ${fact.kind} is known to the other, and not told back`, async () => {
      const [a, b] = await two(redis.url);
      await using _ = a;
      await using __ = b;
      a.shared.publish(fact);
      await b.hears(fact);
      expect(a.heard).not.toContainEqual(fact);
    });
  }

  test('who starts later learns what holds, not what was of the moment', async () => {
    await using a = join(redis.url);
    await a.connected();
    const holds = [cooling('late', later()), opened('late', later())];
    for (const fact of holds) a.shared.publish(fact);
    a.shared.publish(refused('late'));
    a.shared.publish({ kind: 'sent', key: 'late', at: 1, tokens: 0 });
    a.shared.publish(opened('late-closed', later()));
    a.shared.publish(opened('late-closed', 0));
    await using b = join(redis.url, ahead);
    await b.connected();
    for (const fact of holds) expect(b.heard).toContainEqual(fact);
    expect(b.heard).toContainEqual(opened('late-closed', 0));
    expect(b.heard.filter((fact) => fact.kind === 'sent')).toEqual([]);
    // A restart takes back a key that was mended.
    expect(b.heard.filter((fact) => fact.kind === 'key')).toEqual([]);
  });

  test('who was away learns of a key that was refused meanwhile', async () => {
    const clock = new ManualClock(Date.now());
    await using a = join(redis.url, clock);
    await using b = join(redis.url);
    await Promise.all([a.connected(), b.connected()]);
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await a.away();
    await b.connected();
    b.shared.publish(refused('while away'));
    await until(async () => {
      await clock.skip();
      return a.state() === 'connected';
    });
    await a.hears(refused('while away'));
  });

  test.each([-3_600_000, 3_600_000])(
    'whose machine has its clock set by %p ms hear each other as before',
    async (ms) => {
      const clocks = [new ManualClock(Date.now()), new ManualClock(Date.now())] as const;
      await using a = join(redis.url, clocks[0]);
      await using b = join(redis.url, clocks[1]);
      await Promise.all([a.connected(), b.connected()]);
      for (const clock of clocks) clock.setWall(ms);
      // A fact that does not hold for an instance that started after it was told.
      b.shared.publish(refused(`after ${ms}`));
      await a.hears(refused(`after ${ms}`));
      const end = { kind: 'key', key: `after ${ms}`, state: 'in use' } as const;
      a.shared.publish(end);
      await b.hears(end);
    },
  );

  test('thousands of facts reach a newcomer', async () => {
    await using a = join(redis.url);
    await a.connected();
    for (let i = 0; i < 3_000; i++) a.shared.publish(opened(`many-${i}`, later()));
    await using b = join(redis.url);
    await b.connected();
    const many = () =>
      b.heard.filter((fact) => fact.kind === 'breaker' && fact.key.startsWith('many-')).length;
    await until(() => many() >= 3_000);
  });

  test('what is foreign in Redis is left alone, with one warning', async () => {
    const channel = 'gemini-proxy:facts';
    await redis.command('SET', 'gemini-proxy:fact:garbage', '\u0000{"from":', 'PX', '5000');
    await redis.command('LPUSH', 'gemini-proxy:fact:list', 'x');
    await using a = join(redis.url);
    await a.connected();
    for (const text of ['', 'null', '{"from":"x","at":1,"fact":{"kind":"weather"}}'])
      await redis.command('PUBLISH', channel, text);
    const real = opened('real', later());
    await redis.command('PUBLISH', channel, JSON.stringify({ from: 'x', at: 1, fact: real }));
    await a.hears(real);
    expect(a.said.length).toBe(1);
    expect(a.said[0]).toContain('not of this version');
    await redis.command('DEL', 'gemini-proxy:fact:garbage', 'gemini-proxy:fact:list');
  });

  test('a listener that throws costs nothing but its fact', async () => {
    const [a, b] = await two(redis.url);
    await using _ = a;
    await using __ = b;
    b.shared.listen(() => {
      throw new Error('no use for it');
    });
    a.shared.publish(refused('thrown'));
    await b.hears(refused('thrown'));
    await until(() => b.said.length > 0);
    expect(b.said).toEqual(['a fact of kind "key" could not be used: no use for it']);
    expect(b.state()).toBe('connected');
  });

  test('an answer that is an error is told once, and everything goes on', async () => {
    await using a = join(redis.url);
    await a.connected();
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    for (let i = 0; i < 3; i++) a.shared.publish(refused('full'));
    await until(() => a.said.length > 0);
    expect(a.said).toEqual([expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ refuses SET: OOM$/)]);
    expect(a.state()).toBe('connected');
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  });

  test('what was told last still goes out when an instance ends', async () => {
    const [a, b] = await two(redis.url);
    await using _ = b;
    a.shared.publish(refused('last words'));
    await a.shared.close();
    await b.hears(refused('last words'));
  });
});
