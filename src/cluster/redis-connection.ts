/** One life of a connection to Redis: two sockets, lost together, never mended. What Bun's client does: docs/discoveries/0005-redis-in-bun.md */
import { RedisClient } from 'bun';
import type { Clock } from '../lib/ports.ts';

/** Milliseconds until a server that accepts and says nothing counts as gone. */
const CONNECT_MS = 2_000;

/**
 * Bun would reconnect by itself, but tells neither that the connection was lost nor that the subscription was, and
 * would queue without bound meanwhile.
 */
const OPTIONS = { autoReconnect: false, enableOfflineQueue: false, connectionTimeout: CONNECT_MS };

export class RedisConnection {
  readonly #commands: RedisClient;
  /** A connection that subscribes can do nothing else. */
  readonly #subscriber: RedisClient;
  readonly #lost = new AbortController();

  /** Throws where the URL is none. */
  constructor(url: string) {
    this.#commands = new RedisClient(url, OPTIONS);
    this.#subscriber = new RedisClient(url, OPTIONS);
    for (const client of [this.#commands, this.#subscriber]) client.onclose = () => this.close();
  }

  /** Aborts when either socket is gone, or the connection closed. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Rejects without a reason worth telling: Bun says "Connection closed" of a wrong password, too. */
  async open(): Promise<void> {
    await Promise.all([this.#commands.connect(), this.#subscriber.connect()]);
  }

  /** Commands are sent in the order of the calls. Rejects with Redis's own error, or when the connection is lost. */
  async request(command: string, args: string[]): Promise<unknown> {
    return this.#commands.send(command, args);
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    await this.#subscriber.subscribe(channel, listener);
  }

  /** Both sockets have answered. */
  async ping(): Promise<void> {
    await Promise.all([this.#commands.send('PING', []), this.#subscriber.send('PING', [])]);
  }

  /** What waits for an answer is rejected. */
  close(): void {
    if (this.#lost.signal.aborted) return;
    this.#lost.abort();
    this.#commands.close();
    this.#subscriber.close();
  }
}

export type Outcome<T> = { kind: 'done'; value: T } | { kind: 'failed'; error: unknown } | { kind: 'late' };

/** What has become of `work` after at most `ms`. Never rejects. */
export async function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<Outcome<T>> {
  const decided = new AbortController();
  const late = clock.sleep(ms, decided.signal).then((): Outcome<T> => ({ kind: 'late' }));
  const done = work.then(
    (value): Outcome<T> => ({ kind: 'done', value }),
    (error): Outcome<T> => ({ kind: 'failed', error }),
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    decided.abort();
  }
}
