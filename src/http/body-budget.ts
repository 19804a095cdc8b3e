/**
 * Memory for request bodies, of all requests together: from when a body is unpacked until nothing more will be sent of it. Who does not fit
 * waits a little; then it is told to come back.
 */
import { MessagesError } from '../anthropic/errors.ts';
import { ignoreFailure } from '../lib/async.ts';
import type { Clock } from '../lib/ports.ts';
import { KnownLists } from './known-lists.ts';

const MB = 1024 * 1024;
/** Bytes. Twelve of the largest bodies are let in at a time; what they are found to hold may take them beyond, up to `most`. */
const LIMITS: BodyLimits = { entry: 384 * MB, most: 1024 * MB };
/** Milliseconds. Most bodies are let go with the first content of their answer. */
const LONGEST_WAIT_MS = 20_000;
/** Seconds. */
const RETRY_AFTER = 10;

const noRoom = () =>
  new MessagesError(
    'overloaded_error',
    'The proxy holds too many large requests already. Try again in a moment, or send smaller ones.',
    { retryAfter: RETRY_AFTER },
  );

/** What large requests are made of, and send again with each turn. */
const LISTS = ['tools', 'messages'];

/** Bytes. */
export type BodyLimits = { entry: number; most: number };

/** One body's part. */
export type HeldBody = {
  /** Throws a MessagesError where there is no room: who holds some already must not wait for more, or all would. */
  grow(bytes: number): void;
  /** Idempotent. */
  release(): void;
};

type Waiter = { bytes: number; admit(): void };

export class BodyBudget {
  /** Parts of earlier bodies, in a bound of their own. */
  readonly known = new KnownLists(LISTS);
  #held = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>();
  readonly #clock: Clock;
  readonly #limits: BodyLimits;

  constructor(clock: Clock, limits = LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Bytes. */
  get held(): number {
    return this.#held;
  }

  /** Rejects with a MessagesError where there is no room in time; with the signal's reason when it aborts. */
  async hold(bytes: number, signal: AbortSignal): Promise<HeldBody> {
    if (this.#fits(bytes)) this.#held += bytes;
    else await this.#wait(bytes, signal);
    let own = bytes;
    return {
      grow: (more) => {
        if (this.#held + more > this.#limits.most) throw noRoom();
        own += more;
        this.#held += more;
      },
      release: () => {
        this.#held -= own;
        own = 0;
        this.#admit();
      },
    };
  }

  #fits(bytes: number): boolean {
    return this.#held + bytes <= this.#limits.entry;
  }

  /** Resolves once it has its room. */
  async #wait(bytes: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = new AbortController();
    const waiter: Waiter = { bytes, admit: resolve };
    // At once: who was given room at the same moment has it.
    const giveUp = (reason: unknown) => {
      if (this.#waiting.delete(waiter)) reject(reason);
    };
    const leave = () => giveUp(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.add(waiter);
    // Called off below, when there was room in time.
    ignoreFailure(this.#clock.sleep(LONGEST_WAIT_MS, timer.signal).then(() => giveUp(noRoom())));
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
      timer.abort();
    }
  }

  /** A large one that waits keeps no small one waiting. */
  #admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.bytes)) continue;
      this.#held += waiter.bytes;
      this.#waiting.delete(waiter);
      waiter.admit();
    }
  }
}
