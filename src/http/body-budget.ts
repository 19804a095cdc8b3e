/**
 * The memory for the bodies of all requests together. A body holds memory from its unpacking until nothing more of it
 * will be sent. A request for which there is no room waits a little; if there is still no room, its client is told to
 * come back later.
 */
import { MessagesError } from '../anthropic/errors.ts';
import { ignoreFailure } from '../lib/async.ts';
import type { Clock } from '../lib/ports.ts';
import { KnownLists } from './known-lists.ts';

const MB = 1024 * 1024;
/**
 * Bytes. `entry`: the bound on the bodies themselves, so that at most twelve of the largest bodies are held at a time.
 * `most`: the bound after bodies were looked at, which includes the memory for what they hold.
 */
const LIMITS: BodyLimits = { entry: 384 * MB, most: 1024 * MB };
/** Milliseconds. Most bodies are released with the first content of their answer. */
const LONGEST_WAIT_MS = 20_000;
/** Seconds after which a client that found no room may come back. */
const RETRY_AFTER = 10;

const noRoom = () =>
  new MessagesError(
    'overloaded_error',
    'The proxy holds too many large requests already. Try again in a moment, or send smaller ones.',
    { retryAfter: RETRY_AFTER },
  );

/** The members that make a request large, and that a client sends again with each turn. */
const LISTS = ['tools', 'messages'];

/** Bytes. */
export type BodyLimits = { entry: number; most: number };

/** The room that one body holds. */
export type HeldBody = {
  /**
   * Takes more room for the same body. Throws a MessagesError where there is no room: a request that already holds room
   * must not wait for more, or all requests might wait for each other.
   */
  grow(bytes: number): void;
  /** Gives the room back. May be called repeatedly. */
  release(): void;
};

type Waiter = { bytes: number; admit(): void };

export class BodyBudget {
  /** The parts of earlier bodies. Their memory has a bound of its own. */
  readonly known = new KnownLists(LISTS);
  #held = 0;
  /** Bodies that wait for room, in the order in which they came. */
  readonly #waiting = new Set<Waiter>();
  readonly #clock: Clock;
  readonly #limits: BodyLimits;

  constructor(clock: Clock, limits = LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The bytes that all bodies hold now. */
  get held(): number {
    return this.#held;
  }

  /**
   * Resolves with the room for a body. Rejects with a MessagesError where there is no room in time, and with the
   * signal's reason when the signal aborts.
   */
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

  /** Resolves when the body has its room. */
  async #wait(bytes: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = new AbortController();
    const waiter: Waiter = { bytes, admit: resolve };
    // The room may have been granted at this very moment; then it is given back.
    const giveUp = (reason: unknown) => {
      if (this.#waiting.delete(waiter)) reject(reason);
    };
    const leave = () => giveUp(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.add(waiter);
    // This sleep is cancelled below, where there was room in time.
    ignoreFailure(this.#clock.sleep(LONGEST_WAIT_MS, timer.signal).then(() => giveUp(noRoom())));
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
      timer.abort();
    }
  }

  /** Gives room to waiting bodies. A large body that waits does not hold up a small one. */
  #admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.bytes)) continue;
      this.#held += waiter.bytes;
      this.#waiting.delete(waiter);
      waiter.admit();
    }
  }
}
