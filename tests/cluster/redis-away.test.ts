import { describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { join, later, opened, refused, took, two } from '../support/pools/instances.ts';
import { freePort, hasRedis, startRedis, until } from '../support/programs/redis-server.ts';

const idOf = (key: string) => `gemini-proxy:fact:${JSON.stringify(['breaker', key, 'm'])}`;

describe.skipIf(!hasRedis)('a Redis that is slow or gone', () => {
  test('killed: both go on alone, say so once, and are told the rest when it is back', async () => {
    await using redis = await startRedis();
    const [a, b] = await two(redis.url);
    await using _ = a;
    await using __ = b;
    const before = opened('before', later());
    a.shared.publish(before);
    await b.hears(before);
    const since = a.shared.status().since;
    await redis.kill();
    await Promise.all([a.away(), b.away()]);
    expect(a.shared.status()).toMatchObject({ kind: 'redis', state: 'away' });
    expect(a.shared.status().since.getTime()).toBeGreaterThanOrEqual(since.getTime());
    const ms = await took(async () => {
      a.shared.publish(refused('meanwhile'));
      b.shared.publish(opened('meanwhile', later()));
      expect(await Promise.all([a.asks(), b.asks()])).toEqual([undefined, undefined]);
    });
    expect(ms).toBeLessThan(100);
    await redis.restart();
    await b.hears(refused('meanwhile'));
    await until(() => a.heard.some((fact) => fact.kind === 'breaker' && fact.key === 'meanwhile'));
    await Promise.all([a.connected(), b.connected()]);
    for (const one of [a, b]) {
      expect(one.said.length).toBe(2);
      expect(one.said[0]).toContain('does not answer');
      expect(one.said[1]).toContain('is back');
    }
    // Redis has lost everything. A new instance learns it from the instance that told it first.
    await using c = join(redis.url);
    await c.connected();
    expect(c.heard).toContainEqual(before);
  });

  test('what another has ended meanwhile is not begun again', async () => {
    await using redis = await startRedis();
    const clock = new ManualClock(Date.now());
    const until0 = clock.wall().getTime() + 600_000;
    await using a = join(redis.url, clock);
    await a.connected();
    a.shared.publish(opened('k', until0));
    // Only a's socket breaks, and it waits before it connects again.
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await a.away();
    await using b = join(redis.url);
    await b.connected();
    b.shared.publish(opened('k', 0));
    await until(async () => String(await redis.command('GET', idOf('k'))).includes('"until":0'));
    await settle();
    await clock.skip();
    await a.connected();
    expect(a.heard).toContainEqual(opened('k', 0));
    expect(b.heard.filter((fact) => fact.kind === 'breaker' && fact.until > 0)).toEqual([
      opened('k', until0),
    ]);
  });

  test('what it has learned itself while away is not undone by what stood there before', async () => {
    await using redis = await startRedis();
    const clock = new ManualClock(Date.now());
    const opening = opened('k', clock.wall().getTime() + 600_000);
    await using a = join(redis.url, clock);
    const b = join(redis.url, clock);
    await Promise.all([a.connected(), b.connected()]);
    b.shared.publish(opened('k', 0));
    await a.hears(opened('k', 0));
    await b.shared.close();
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await a.away();
    await clock.advance(1);
    a.shared.publish(opening);
    await settle();
    await clock.skip();
    await a.connected();
    expect(a.heard).toEqual([opened('k', 0)]);
    await using c = join(redis.url, clock);
    await c.connected();
    expect(c.heard).toEqual([opening]);
  });

  test('held: nobody waits, it counts as gone in three seconds, and is back when it answers', async () => {
    await using redis = await startRedis();
    const clock = new ManualClock(Date.now());
    const [b, a] = [join(redis.url, clock), join(redis.url)];
    await using _ = a;
    await using __ = b;
    await Promise.all([a.connected(), b.connected()]);
    redis.pause();
    const first = await took(async () => {
      a.shared.publish(refused('held'));
      expect(await a.asks()).toBeUndefined();
    });
    expect(first).toBeLessThan(100);
    const next = await took(async () => {
      for (let i = 0; i < 100; i++) expect(await a.asks()).toBeUndefined();
    });
    expect(next).toBeLessThan(50);
    await clock.advance(2_000);
    await clock.advance(1_000);
    await b.away();
    redis.resume();
    await until(async () => {
      await clock.skip();
      return b.state() === 'connected';
    });
    await b.hears(refused('held'));
  });

  test('not there from the start: told once, tried again, found when it comes', async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using a = join(redis.url);
    await until(() => a.said.length > 0);
    const early = opened('early', later());
    a.shared.publish(early);
    await redis.restart();
    await a.connected();
    expect(a.said.map((line) => /does not answer|is back/.exec(line)?.[0])).toEqual([
      'does not answer',
      'is back',
    ]);
    await using b = join(redis.url);
    await b.connected();
    expect(b.heard).toContainEqual(early);
  });

  test('tries come ever later, up to five seconds', async () => {
    const clock = new ManualClock(Date.now());
    await using a = join(`redis://127.0.0.1:${freePort()}`, clock);
    const waits: number[] = [];
    while (waits.length < 9) {
      await until(() => clock.sleeping > 0);
      const before = clock.monotonic();
      await clock.skip();
      waits.push(clock.monotonic() - before);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(a.said.length).toBe(1);
  });

  const wrong: [string, (url: string) => string][] = [
    ['no password', (url) => url.replace(/:[^:@/]*@/, '')],
    ['a wrong password', (url) => url.replace('s3cret', 'wr0ng-s3cret')],
    ['a database that is not there', (url) => `${url}/4711`],
    ['no URL at all', () => 'redis://wr0ng-s3cret@'],
    ['another protocol', () => 'http://user:wr0ng-s3cret@127.0.0.1:1'],
    ['a password that is not encoded', () => 'redis://user:12/wr0ng-s3cret@127.0.0.1:1'],
  ];
  for (const [what, change] of wrong) {
    test(`${what}: away, told once, without the secret`, async () => {
      await using redis = await startRedis({ password: 's3cret' });
      await using a = join(change(redis.url));
      await until(() => a.said.some((line) => line.includes('does not answer')));
      a.shared.publish(refused('x'));
      expect(await a.asks()).toBeUndefined();
      expect(a.state()).toBe('away');
      expect(a.said.filter((line) => line.includes('does not answer')).length).toBe(1);
      expect(a.said.join('\n')).not.toMatch(/s3cret|user:12/);
    });
  }

  test('the right password lets in', async () => {
    await using redis = await startRedis({ password: 'p@ss/w0rd:1' });
    await using a = join(redis.url);
    await a.connected();
  });
});

describe.skipIf(!hasRedis)('the end', () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const onLinux = process.platform === 'linux';

  test.skipIf(!onLinux)(
    'leaves no descriptor and no timer, however often and whenever it comes',
    async () => {
      await using redis = await startRedis();
      const round = async (wait: 'connected' | 'none' | 'killed') => {
        const clock = new ManualClock(Date.now());
        const a = join(redis.url, clock);
        if (wait !== 'none') await a.connected();
        if (wait === 'killed') await redis.kill();
        await a.shared.close();
        await a.shared.close();
        await settle();
        expect(clock.sleeping).toBe(0);
        if (wait === 'killed') await redis.restart();
      };
      await round('connected');
      const before = descriptors();
      for (let i = 0; i < 5; i++) {
        await round('connected');
        await round('none');
        await round('killed');
      }
      await until(() => descriptors() <= before);
    },
  );

  test('a process that has closed it ends by itself', async () => {
    await using redis = await startRedis();
    const program = `
      import { openRedisShared } from ${JSON.stringify(`${import.meta.dir}/../../src/cluster/redis-shared.ts`)};
      import { systemClock } from ${JSON.stringify(`${import.meta.dir}/../../src/lib/ports.ts`)};
      const shared = openRedisShared({ url: ${JSON.stringify(redis.url)}, clock: systemClock, instance: 'x' });
      while (shared.status().state !== 'connected') await systemClock.sleep(5);
      await shared.close();
      await shared.link.ask('GET', ['after the end'], 1);
      shared.publish({ kind: 'key', key: 'k', state: 'out' });`;
    const child = Bun.spawn([process.execPath, '-e', program], { stderr: 'pipe', timeout: 10_000 });
    expect(await new Response(child.stderr).text()).toBe('');
    expect(await child.exited).toBe(0);
  });
});
