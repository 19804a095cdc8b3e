/**
 * Reads `REDIS_URL` into options of ioredis. ioredis can read URLs itself, but would also accept options of all kinds
 * from the query.
 */
import type { RedisOptions } from 'ioredis';

export type RedisAddress = Pick<
  RedisOptions,
  'host' | 'port' | 'path' | 'username' | 'password' | 'db' | 'tls'
>;

const SCHEME = /^(?:redis|valkey)(?<tls>s|\+tls)?(?<unix>\+unix)?:$/;
const PORT = 6379;
/** Matches the number of the database, such as `/2`. Without a path the database is 0. */
const DATABASE = /^\/?(?<number>\d*)$/;

/**
 * Reads a URL: `redis://`, `rediss://` (TLS) or `redis+unix://`, with or without user, password and database. Undefined
 * for any other text.
 */
export function redisAddress(text: string): RedisAddress | undefined {
  const url = URL.parse(text);
  const scheme = url && SCHEME.exec(url.protocol)?.groups;
  if (!url || !scheme) return undefined;
  try {
    const common = {
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      ...(scheme['tls'] === undefined ? {} : { tls: {} }),
    };
    if (scheme['unix'] !== undefined) return { path: decodeURIComponent(url.pathname), ...common };
    const db = DATABASE.exec(url.pathname)?.groups?.['number'];
    if (url.hostname === '' || db === undefined) return undefined;
    const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
    return { host, port: Number(url.port || PORT), db: Number(db), ...common };
  } catch {
    return undefined; // badly encoded
  }
}
