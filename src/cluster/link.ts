/**
 * Keeps a connection to Redis for as long as the proxy runs, and keeps requests from waiting for Redis. Nothing here
 * fails: while Redis is slow or gone, Redis is not asked. Why: docs/decisions/0023-several-instances.md
 */
import type { Redis, RedisOptions } from 'ioredis';
import { within } from '../lib/async.ts';
import { type Backoff, backoffMs } from '../lib/backoff.ts';
import { isObject } from '../lib/json.ts';
import type { Clock } from '../lib/ports.ts';
import { redisAddress } from './redis-address.ts';
import type { SharedStatus } from './shared.ts';

/** Milliseconds until a server that takes no connection counts as gone. */
const CONNECT_MS = 2_000;
/** Milliseconds. A server that owes an answer and says nothing for this time counts as gone, even where the connection looks open. */
const SILENCE_MS = 1_000;
/** Milliseconds between two pings. An instance that asks nothing would not notice that nobody answers. */
const PING_MS = 2_000;
const RECONNECT: Backoff = { first: 100, most: 5_000 };
/** Milliseconds. A connection that was lost sooner counts as a failure, too: some servers accept every connection and close it at once. */
const STEADY_MS = 10_000;
/** Milliseconds. After an answer that came late, nobody waits for an answer for this time. */
const REST_MS = 2_000;
/** Milliseconds. When the proxy ends, commands that are on their way get this time. */
const LAST_WORDS_MS = 50;

/** Options of ioredis. No command is kept for later: facts that cannot be sent now are told again after the next connecting, as far as they still hold. */
const OPTIONS = {
  connectTimeout: CONNECT_MS,
  disconnectTimeout: LAST_WORDS_MS,
  socketTimeout: SILENCE_MS,
  enableOfflineQueue: false,
  // We connect anew ourselves, on our clock. When a connection is lost, every command that waits for an answer is rejected.
  retryStrategy: null,
  // We subscribe anew ourselves, too, at the beginning of each connection. Nobody could catch the refusal of ioredis's own subscribing.
  autoResubscribe: false,
  // Both switch commands off for which the user of `REDIS_URL` would need more permissions.
  enableReadyCheck: false,
  disableClientInfo: true,
} as const satisfies RedisOptions;

export type RedisLinkOptions = {
  /** The URL may contain a password, so no message shows more of it than host and port. */
  url: string;
  clock: Clock;
  /** Runs when trouble begins, when trouble ends, and at the first refusal of each kind. */
  onChange(message: string): void;
};

type Welcome = () => Promise<void>;

export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #closing = new AbortController();
  readonly #welcomes: Welcome[] = [];
  readonly #listeners = new Map<string, (message: string) => void>();
  readonly #refusals = new Set<string>();
  readonly #opened: Promise<void>;
  #redis: Redis | undefined;
  /** Aborts when the connection is lost. Set while commands can be sent. */
  #connection: AbortController | undefined;
  #connectedAt = 0;
  /**
   * `#failures`: how many connections in a row failed or did not last. `#cause`: one word for why the latest of them
   * did so.
   */
  #failures = 0;
  #cause: string | undefined;
  #status: SharedStatus;
  #isTroubleTold = false;
  /** The time until which no request waits for an answer of Redis. */
  #restUntil = 0;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#status = { kind: 'redis', state: 'away', since: options.clock.wall() };
    // ioredis is a package, which may be missing or broken.
    this.#opened = this.#open().catch(() => this.#tell('is not used: ioredis cannot be loaded'));
  }

  /** Adds work that is done for each new connection, in the order of adding, before the connection is used. Where the work rejects, the connection is given up. */
  onConnect(work: Welcome): void {
    this.#welcomes.push(work);
  }

  status(): SharedStatus {
    return this.#status;
  }

  /** Commands are sent in the order of the calls. Rejects with Redis's own error, or when the connection is lost. */
  async request(command: string, args: readonly string[]): Promise<unknown> {
    if (!this.#redis || !this.#connection) throw new Error('Redis is away');
    return this.#redis.call(command, ...args);
  }

  /** Subscribes to a channel for as long as the connection lasts. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    this.#listeners.set(channel, listener);
    await this.#redis?.subscribe(channel);
  }

  /** Sends a command without waiting. Without a connection the command is dropped. */
  send(command: string, args: readonly string[]): void {
    if (this.#connection)
      this.request(command, args).catch((error: unknown) => this.#noteRefusal(command, error));
  }

  /**
   * Resolves with the answer to a command. Resolves with undefined where no answer came within `ms`, or where no
   * request waits for Redis now. Never rejects.
   */
  async ask(command: string, args: readonly string[], ms: number): Promise<unknown> {
    const { clock } = this.#options;
    const connection = this.#connection;
    if (!connection || clock.monotonic() < this.#restUntil) return undefined;
    const work = this.request(command, args);
    const waited = await within(work, ms, clock);
    if (waited.kind === 'done') return waited.value;
    if (waited.kind === 'failed') this.#noteRefusal(command, waited.error);
    else this.#restAfter(work, connection);
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#status.state === 'connected')
      await within(this.request('PING', []), LAST_WORDS_MS, this.#options.clock);
    this.#closing.abort();
    await this.#opened;
    this.#redis?.disconnect();
    this.#lose();
  }

  async #open(): Promise<void> {
    const address = redisAddress(this.#options.url);
    if (!address) {
      this.#goAway();
      return;
    }
    // Loaded here, so that only users of Redis load it.
    const { Redis } = await import('ioredis');
    if (this.#closing.signal.aborted) return;
    const redis = new Redis({ ...address, ...OPTIONS });
    this.#redis = redis;
    redis.on('ready', () => void this.#welcome(redis));
    redis.on('end', () => void this.#connectAgain(redis));
    redis.on('error', (error: unknown) => this.#noteError(redis, error));
    redis.on('message', (channel: string, text: string) => this.#listeners.get(channel)?.(text));
  }

  /** Connects again and again: at once after a connection that lasted, else after waits that grow. Never rejects. */
  async #connectAgain(redis: Redis): Promise<void> {
    const { clock } = this.#options;
    const lasted = this.#connection ? clock.monotonic() - this.#connectedAt : 0;
    this.#goAway();
    this.#failures = lasted >= STEADY_MS ? 0 : this.#failures + 1;
    try {
      if (this.#failures > 0)
        await clock.sleep(backoffMs(RECONNECT, this.#failures - 1), this.#closing.signal);
      if (!this.#closing.signal.aborted) await redis.connect();
    } catch {
      // The proxy has ended; or connecting has failed, which the events `error` and `end` report.
    }
  }

  /** Begins one connection. Never rejects. */
  async #welcome(redis: Redis): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const connection = new AbortController();
    this.#connection = connection;
    this.#connectedAt = this.#options.clock.monotonic();
    void this.#keepAsking(connection.signal);
    try {
      for (const work of this.#welcomes) await work();
      if (this.#connection === connection) this.#join();
    } catch (error) {
      this.#noteRefusal('the first commands', error);
      if (this.#connection === connection) redis.disconnect();
    }
  }

  /** Pings until the connection is lost. Where no answer comes, closes the connection. */
  async #keepAsking(lost: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#options.clock.sleep(PING_MS, lost);
        this.send('PING', []);
      }
    } catch {
      // The connection is lost, so no further ping is needed.
    }
  }

  #restAfter(work: Promise<unknown>, connection: AbortController): void {
    this.#restUntil = Number.POSITIVE_INFINITY;
    const rest = () => {
      if (this.#connection === connection) this.#restUntil = this.#options.clock.monotonic() + REST_MS;
    };
    work.then(rest, rest);
  }

  #join(): void {
    this.#status = { kind: 'redis', state: 'connected', since: this.#options.clock.wall() };
    if (this.#isTroubleTold) this.#tell('is back: the instances know of each other again');
    this.#isTroubleTold = false;
    this.#cause = undefined;
  }

  #lose(): void {
    this.#connection?.abort();
    this.#connection = undefined;
    this.#restUntil = 0;
  }

  #goAway(): void {
    this.#lose();
    if (this.#closing.signal.aborted) return;
    if (this.#status.state !== 'away')
      this.#status = { kind: 'redis', state: 'away', since: this.#options.clock.wall() };
    if (this.#isTroubleTold) return;
    this.#isTroubleTold = true;
    const cause = this.#cause === undefined ? '' : ` (${this.#cause})`;
    this.#tell(
      `does not answer, or refuses the user or password${cause}: going on with what this instance knows, and trying again`,
    );
  }

  #noteError(redis: Redis, error: unknown): void {
    this.#cause = wordOf(error);
    // Without this Redis would go on in another database than the one in `REDIS_URL`.
    if (commandOf(error) === 'select') redis.disconnect();
  }

  /**
   * Reports an answer that is an error (no memory, a read-only replica, no permission). Lost connections are reported
   * elsewhere.
   */
  #noteRefusal(command: string, error: unknown): void {
    const why = isReply(error) ? wordOf(error) : undefined;
    if (why === undefined || this.#refusals.has(why)) return;
    this.#refusals.add(why);
    this.#tell(`refuses ${command}: ${why}`);
  }

  #tell(what: string): void {
    this.#options.onChange(`Redis at ${placeOf(this.#options.url)} ${what}`);
  }
}

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

/**
 * One word for an error: `WRONGPASS`, `ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`. The rest of the error's text is
 * not shown: Redis repeats text that it does not understand, which may be the password.
 */
function wordOf(error: unknown): string | undefined {
  if (isReply(error)) return /^[A-Z]{2,}\b/.exec(error.message)?.[0];
  const code = isObject(error) ? error['code'] : undefined;
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : undefined;
}

/** The name of the command that was answered with this error, as ioredis notes it. */
function commandOf(error: unknown): string | undefined {
  if (!isReply(error) || !('command' in error)) return undefined;
  const { command } = error;
  return isObject(command) && typeof command['name'] === 'string' ? command['name'] : undefined;
}

/**
 * The host and port of a URL. `REDIS_URL` for an unusual URL, in which the apparent host may be a part of the password.
 */
function placeOf(text: string): string {
  const url = URL.parse(text);
  if (!url?.host || `${url.pathname}${url.search}${url.hash}`.includes('@')) return 'REDIS_URL';
  return url.host;
}
