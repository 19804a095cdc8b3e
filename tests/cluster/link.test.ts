/** What a Redis, or what answers in its place, may do to the connection; and that the process hears of none of it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { Socket } from 'bun';
import { join, took } from '../support/pools/instances.ts';
import { certificateFor } from '../support/programs/certificate.ts';
import { hasRedis, startRedis, until } from '../support/programs/redis-server.ts';

const failed: unknown[] = [];
const noteFailed = (error: unknown) => void failed.push(error);
beforeAll(() => void process.on('unhandledRejection', noteFailed));
afterAll(() => {
  process.off('unhandledRejection', noteFailed);
  expect(failed).toEqual([]);
});

/** Connections to a server that says what `talk` says, until as many as `count` were tried. */
async function meeting(talk: Partial<Record<'open' | 'data', (socket: Socket) => void>>, count: number) {
  let opened = 0;
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        opened++;
        talk.open?.(socket);
      },
      data: (socket) => talk.data?.(socket),
    },
  });
  const a = join(`redis://127.0.0.1:${listener.port}`);
  await until(() => opened >= count && a.said.length > 0);
  expect(a.state()).toBe('away');
  await a.shared.close();
  listener.stop(true);
  return a.said;
}

describe('what is no Redis', () => {
  test.each([
    ['a web server', { data: (socket: Socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') }],
    ['one that closes at once', { open: (socket: Socket) => void socket.end() }],
    ['one that talks nonsense', { open: (socket: Socket) => void socket.write('*-7\r\n%%%\r\n$9\r\n') }],
    ['one that says nothing', {}],
  ])('%s is told of once, and tried again', async (_what, talk) => {
    const said = await meeting(talk, 2);
    expect(said.filter((line) => line.includes('does not answer'))).toHaveLength(1);
  });
});

describe.skipIf(!hasRedis)('a Redis', () => {
  test.each([
    ['a wrong password', (url: string) => url.replace('s3cret', 'wrong'), 'WRONGPASS'],
    ['no password', (url: string) => url.replace(/:[^:@/]*@/, ''), 'NOAUTH'],
    ['a port where nobody is', () => 'redis://127.0.0.1:1', 'ECONNREFUSED'],
  ])('that refuses: the reason is told in a word (%s)', async (_what, change, word) => {
    await using redis = await startRedis({ password: 's3cret' });
    await using a = join(change(redis.url));
    await until(() => a.said.length > 0);
    expect(a.said).toEqual([
      expect.stringContaining(`does not answer, or refuses the user or password (${word})`),
    ]);
  });

  test('that lacks the database is not used with another one', async () => {
    await using redis = await startRedis();
    await using a = join(`${redis.url}/4711`);
    await until(() => a.said.length > 0);
    a.shared.publish({ kind: 'key', key: 'k', state: 'out' });
    expect([a.state(), await redis.command('DBSIZE')]).toEqual(['away', 0]);
  });

  test('that lets nobody subscribe is told with the reason, and tried again', async () => {
    await using redis = await startRedis();
    await redis.command('ACL', 'SETUSER', 'deaf', 'on', '>pw', '~*', '&*', '+@all', '-subscribe');
    await using a = join(redis.url.replace('redis://', 'redis://deaf:pw@'));
    await until(() => a.said.length > 1);
    expect(a.said[0]).toContain('refuses the first commands: NOPERM');
    await redis.command('ACL', 'SETUSER', 'deaf', '+subscribe');
    await a.connected();
  });

  test('that may do no more than what is needed is enough', async () => {
    await using redis = await startRedis();
    const allowed = ['+hello', '+ping', '+subscribe', '+publish', '+scan', '+mget', '+set'];
    await redis.command(
      'ACL',
      'SETUSER',
      'least',
      'on',
      '>pw',
      '~gemini-proxy:*',
      '&gemini-proxy:*',
      '-@all',
      ...allowed,
    );
    await using a = join(redis.url.replace('redis://', 'redis://least:pw@'));
    await a.connected();
    await using b = join(redis.url);
    await b.connected();
    const fact = { kind: 'key', key: 'k', state: 'out' } as const;
    a.shared.publish(fact);
    await b.hears(fact);
    expect(a.said).toEqual([]);
  });

  test('that stands still takes what it is told without end, and with the connection it is gone', async () => {
    await using redis = await startRedis();
    await using a = join(redis.url);
    await a.connected();
    redis.pause();
    for (let i = 0; i < 5_000; i++) a.shared.publish({ kind: 'key', key: `k${i}`, state: 'out' });
    await a.away();
    const ms = await took(() => a.shared.publish({ kind: 'key', key: 'late', state: 'out' }));
    expect(ms).toBeLessThan(50);
    redis.resume();
    await a.connected();
  });

  test('behind TLS is believed by its certificate alone', async () => {
    await using redis = await startRedis();
    const own = certificateFor('localhost');
    const back = new Map<Socket, Promise<Socket>>();
    const listener = Bun.listen({
      hostname: 'localhost',
      port: 0,
      tls: own,
      socket: {
        open(front) {
          const { port } = new URL(redis.url);
          const socket = { data: (_: Socket, bytes: Uint8Array) => void front.write(bytes) };
          back.set(front, Bun.connect({ hostname: '127.0.0.1', port: Number(port), socket }));
        },
        data: async (front, bytes) => void (await back.get(front))?.write(bytes),
        close: async (front) => void (await back.get(front))?.end(),
      },
    });
    const url = `rediss://localhost:${listener.port}`;
    await using stranger = join(url);
    await until(() => stranger.said.length > 0);
    expect(stranger.said[0]).toContain('(DEPTH_ZERO_SELF_SIGNED_CERT)');
    const folder = mkdtempSync(joinPath(tmpdir(), 'redis-tls-'));
    const ca = joinPath(folder, 'ca.pem');
    await Bun.write(ca, own.cert);
    const child = Bun.spawn([process.execPath, '-e', connecting(url)], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
      stderr: 'pipe',
    });
    expect([await new Response(child.stderr).text(), await child.exited]).toEqual(['', 0]);
    rmSync(folder, { recursive: true });
    listener.stop(true);
  });

  test('behind a socket in the file system', async () => {
    const folder = mkdtempSync(joinPath(tmpdir(), 'redis-unix-'));
    const path = joinPath(folder, 'redis.sock');
    await using redis = await startRedis({ socket: path });
    await using a = join(`redis+unix://${path}`);
    await a.connected();
    await using b = join(redis.url);
    await b.connected();
    const fact = { kind: 'key', key: 'k', state: 'out' } as const;
    a.shared.publish(fact);
    await b.hears(fact);
    rmSync(folder, { recursive: true });
  });
});

/** A program that ends once it is connected, and has closed what it opened. */
const connecting = (url: string) => `
  import { openRedisShared } from ${JSON.stringify(`${import.meta.dir}/../../src/cluster/redis-shared.ts`)};
  import { systemClock } from ${JSON.stringify(`${import.meta.dir}/../../src/lib/ports.ts`)};
  const shared = openRedisShared({ url: ${JSON.stringify(url)}, clock: systemClock, instance: 'x' });
  while (shared.status().state !== 'connected') await systemClock.sleep(5);
  await shared.close();`;
