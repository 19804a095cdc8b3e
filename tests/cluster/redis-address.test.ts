import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { redisAddress } from '../../src/cluster/redis-address.ts';

const HOST = { host: 'h', port: 6379, db: 0 };

describe('a URL of Redis', () => {
  test.each([
    ['redis://h', HOST],
    ['redis://h/', HOST],
    ['valkey://h:1', { ...HOST, port: 1 }],
    ['redis://h/2', { ...HOST, db: 2 }],
    ['redis://[::1]:1', { ...HOST, host: '::1', port: 1 }],
    ['redis://:s3cret@h', { ...HOST, password: 's3cret' }],
    ['redis://me:p%40ss%2Fw0rd@h', { ...HOST, username: 'me', password: 'p@ss/w0rd' }],
    ['rediss://h', { ...HOST, tls: {} }],
    ['redis+tls://h', { ...HOST, tls: {} }],
    ['valkeys://h', { ...HOST, tls: {} }],
    ['redis+unix:///run/my%20redis.sock', { path: '/run/my redis.sock' }],
    ['redis+tls+unix:///run/redis.sock', { path: '/run/redis.sock', tls: {} }],
    ['redis://h?tls=no&enableOfflineQueue=1', HOST],
  ])('%s', (url, address) => {
    expect(redisAddress(url)).toEqual(address);
  });

  test.each([
    ['another protocol', 'http://h'],
    ['no host', 'redis://me@'],
    ['a database that is no number', 'redis://h/two'],
    ['a password that is not encoded', 'redis://user:12/s3cret@h:1'],
    ['a password that is badly encoded', 'redis://:%ff@h'],
    ['nothing', ''],
  ])('none with %s', (_what, url) => {
    expect(redisAddress(url)).toBeUndefined();
  });

  test('none that throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((rest) => `redis://${rest}`),
        ),
        (url) => {
          redisAddress(url);
        },
      ),
    );
  });
});
