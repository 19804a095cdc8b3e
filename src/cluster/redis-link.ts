/**
 * Keeps a connection to Redis for as long as the proxy runs, and keeps everybody from waiting for it. Nothing here
 * fails: a Redis that is slow or gone is a Redis that is not asked. Why: docs/decisions/0023-several-instances.md
 */
import type { Clock } from '../lib/ports.ts';
import { type Outcome, RedisConnection, within } from './redis-connection.ts';
import type { SharedStatus } from './shared.ts';

/** Milliseconds between looks at whether Redis still answers, and what it may take to. */
const BEAT_MS = 2_000;
const BEAT_LIMIT_MS = 1_000;
/** A Redis that was late is left alone for this long after it has answered at last. */
const REST_MS = 2_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
/** A connection that was lost sooner is a failure as well: of a server that accepts and closes there is no end. */
const STEADY_MS = 10_000;
/** What is on its way when the proxy ends may take this long. */
const LAST_WORDS_MS = 50;

export type RedisLinkOptions = {
  /** May hold a password: no message tells more of it than host and port. */
  url: string;
  clock: Clock;
  /** Trouble, once, and its end; once each kind of refusal. */
  onChange(message: string): void;
};

export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #where: string;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #welcomes: ((connection: RedisConnection) => Promise<void>)[] = [];
  readonly #refusals = new Set<string>();
  /** While it is open. */
  #connection: RedisConnection | undefined;
  #status: SharedStatus;
  /** Whether the present trouble has been told. */
  #trouble: 'none' | 'told' = 'none';
  /** Before then nobody may wait for an answer. */
  #restUntil = 0;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#where = placeOf(options.url);
    this.#status = { kind: 'redis', state: 'away', since: options.clock.wall() };
    this.#running = this.#run();
  }

  /** Work for each new connection, in order, before it counts as one. Where it rejects, the connection is given up. */
  onConnect(work: (connection: RedisConnection) => Promise<void>): void {
    this.#welcomes.push(work);
  }

  status(): SharedStatus {
    return this.#status;
  }

  /** Sends without waiting. Without a connection it is dropped. */
  send(command: string, args: string[]): void {
    this.#connection?.request(command, args).catch((error) => this.#noteRefusal(command, error));
  }

  /** The answer; undefined where there was none within `ms`, or none is to be hoped for. Never rejects. */
  async ask(command: string, args: string[], ms: number): Promise<unknown> {
    const { clock } = this.#options;
    const connection = this.#connection;
    if (!connection || clock.monotonic() < this.#restUntil) return undefined;
    const work = connection.request(command, args);
    const outcome: Outcome<unknown> = await within(work, ms, clock);
    if (outcome.kind === 'done') return outcome.value;
    if (outcome.kind === 'failed') this.#noteRefusal(command, outcome.error);
    else this.#restAfter(work, connection);
    return undefined;
  }

  async close(): Promise<void> {
    const connection = this.#status.state === 'connected' ? this.#connection : undefined;
    if (connection) await within(connection.request('PING', []), LAST_WORDS_MS, this.#options.clock);
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      const began = clock.monotonic();
      await this.#live();
      if (this.#closing.signal.aborted) return;
      this.#goAway();
      failures = clock.monotonic() - began >= STEADY_MS ? 0 : failures + 1;
      // Rejects when the proxy ends: then there is nothing left to do.
      await clock.sleep(backoff(failures), this.#closing.signal).catch(() => {});
    }
  }

  /** One connection, from its beginning to its end. Never rejects. */
  async #live(): Promise<void> {
    let connection: RedisConnection | undefined;
    const giveUp = () => connection?.close();
    this.#closing.signal.addEventListener('abort', giveUp, { once: true });
    try {
      connection = new RedisConnection(this.#options.url);
      await connection.open();
      this.#connection = connection;
      const beating = this.#beat(connection);
      for (const work of this.#welcomes) await work(connection);
      this.#join();
      await beating;
    } catch (error) {
      // The text is not told: Redis repeats what it does not understand, and that may be the password.
      this.#noteRefusal('the first commands', error);
    } finally {
      giveUp();
      this.#closing.signal.removeEventListener('abort', giveUp);
      this.#connection = undefined;
      this.#restUntil = 0;
    }
  }

  /** Until the connection is lost, or does not answer and is given up: a server may stand still with all sockets open. */
  async #beat(connection: RedisConnection): Promise<void> {
    const { clock } = this.#options;
    const wait = () =>
      clock.sleep(BEAT_MS, connection.lost).then(
        () => true,
        () => false, // lost
      );
    while (await wait()) {
      const outcome = await within(connection.ping(), BEAT_LIMIT_MS, clock);
      if (outcome.kind !== 'done') connection.close();
    }
  }

  #restAfter(work: Promise<unknown>, connection: RedisConnection): void {
    this.#restUntil = Number.POSITIVE_INFINITY;
    const rest = () => {
      if (this.#connection === connection) this.#restUntil = this.#options.clock.monotonic() + REST_MS;
    };
    work.then(rest, rest);
  }

  #join(): void {
    this.#status = { kind: 'redis', state: 'connected', since: this.#options.clock.wall() };
    if (this.#trouble === 'told') {
      this.#options.onChange(`Redis at ${this.#where} is back: the instances know of each other again`);
    }
    this.#trouble = 'none';
  }

  #goAway(): void {
    if (this.#status.state !== 'away') {
      this.#status = { kind: 'redis', state: 'away', since: this.#options.clock.wall() };
    }
    if (this.#trouble === 'told') return;
    this.#trouble = 'told';
    this.#options.onChange(
      `Redis at ${this.#where} does not answer, or refuses the user or password: going on with what this instance knows, and trying again`,
    );
  }

  /** An answer that is an error (no memory, a read-only replica, no permission). Lost connections are told elsewhere. */
  #noteRefusal(command: string, error: unknown): void {
    const why = /^[A-Z]{2,}\b/.exec(error instanceof Error ? error.message : '')?.[0];
    if (why === undefined || this.#refusals.has(why)) return;
    this.#refusals.add(why);
    this.#options.onChange(`Redis at ${this.#where} refuses ${command}: ${why}`);
  }
}

/** Host and port, unless the URL is so odd that what looks like them may be part of a password. */
function placeOf(text: string): string {
  const url = URL.parse(text);
  if (!url?.host || `${url.pathname}${url.search}${url.hash}`.includes('@')) return 'REDIS_URL';
  return url.host;
}

const backoff = (failures: number): number =>
  failures === 0 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
