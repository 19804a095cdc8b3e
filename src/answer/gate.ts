/**
 * The commit gate: one stream made of as many tries as it takes. Until content has flowed a failed try costs the
 * consumer nothing and the next one begins; afterwards a failure is the consumer's, because content can be
 * neither taken back nor said twice. A generic policy: what is content and what is worth a retry is told to it.
 */
import { Abortable, followSignal, ignoreFailure } from '../lib/async.ts';
import type { Clock, Random } from '../lib/ports.ts';

export type GateState =
  /** Nothing has come yet. */
  | 'held'
  /** Something has come, but no content: another try is still free. */
  | 'headed'
  /** Content has come: this try is the answer. */
  | 'committed'
  /** Ended, failed or abandoned. */
  | 'done';

export type GateOptions<T> = {
  /** Begins try number `attempt` (from 1). Aborting `signal` must end it. May throw instead of returning. */
  open(attempt: number, signal: AbortSignal): AsyncIterable<T>;
  isContent(item: T): boolean;
  mayRetry(error: unknown): boolean;
  /** Milliseconds that the next try waits at least, besides the backoff. */
  leastWait?(error: unknown): number;
  /** Milliseconds that the next try waits at most, whatever the backoff says. */
  mostWait?(error: unknown): number;
  clock: Clock;
  random: Random;
  /** Aborting it ends the running try at once; whoever waits gets its reason. */
  signal: AbortSignal;
  /** Called before the wait for the next try, with the failed try's number. */
  onRetry?(error: unknown, attempt: number): void;
};

export type Gate<T> = {
  readonly state: GateState;
  /** The first item of any try, or undefined at an empty end; rejects when it ended in an error before any item. */
  head: Promise<T | undefined>;
  /** To be iterated once. Items come as they are pulled, one ahead at most; leaving early ends the running try. */
  items: AsyncIterable<T>;
};

/** Milliseconds. */
const FIRST_BACKOFF = 500;
const MAX_BACKOFF = 8_000;

/** Begins the first try at once, so that `head` may be awaited before anything is iterated. */
export function gate<T>(options: GateOptions<T>): Gate<T> {
  const tries = new Tries(options);
  const first = tries.next();
  const head = first.then(({ value }) => value);
  // Nobody need await the head: who iterates is told the same.
  ignoreFailure(head);
  return {
    get state() {
      return tries.state;
    },
    head,
    items: new GateItems(tries, first),
  };
}

/** The first pull is made before anyone iterates; the rest are the tries' own. */
class GateItems<T> implements AsyncIterableIterator<T> {
  readonly #tries: Tries<T>;
  #first: Promise<IteratorResult<T, undefined>> | undefined;

  constructor(tries: Tries<T>, first: Promise<IteratorResult<T, undefined>>) {
    this.#tries = tries;
    this.#first = first;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#tries.next();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#first = undefined;
    this.#tries.abandon();
    return { value: undefined, done: true };
  }
}

type Try<T> = { iterator: AsyncIterator<T>; controller: AbortController };

class Tries<T> {
  state: GateState = 'held';
  readonly #options: GateOptions<T>;
  /** Aborts with the caller's signal, and when the consumer leaves. */
  readonly #stop = new AbortController();
  readonly #abortable = new Abortable(this.#stop.signal);
  readonly #unfollow: () => void;
  #attempt = 0;
  #try: Try<T> | undefined;

  constructor(options: GateOptions<T>) {
    this.#options = options;
    this.#unfollow = followSignal(options.signal, this.#stop);
    this.#stop.signal.addEventListener('abort', () => this.#dropTry(this.#stop.signal.reason));
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      while (this.state !== 'done') {
        const result = await this.#pull();
        if (result) return result;
      }
      return { value: undefined, done: true };
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  /** A pending `next` rejects with an AbortError. */
  abandon(): void {
    if (this.state === 'done') return;
    this.#stop.abort();
    this.#finish();
  }

  /** The next item or the end; undefined when this try failed and another may begin. */
  async #pull(): Promise<IteratorResult<T, undefined> | undefined> {
    try {
      this.#stop.signal.throwIfAborted();
      this.#try ??= this.#begin();
      const result = await this.#abortable.wait(this.#try.iterator.next());
      if (result.done) this.#finish();
      else this.#advance(result.value);
      return result.done ? { value: undefined, done: true } : result;
    } catch (error) {
      await this.#prepareRetry(error);
      return undefined;
    }
  }

  #begin(): Try<T> {
    this.#attempt++;
    const controller = new AbortController();
    const items = this.#options.open(this.#attempt, controller.signal);
    return { iterator: items[Symbol.asyncIterator](), controller };
  }

  #advance(item: T): void {
    if (this.state === 'held') this.state = 'headed';
    if (this.state === 'headed' && this.#options.isContent(item)) this.state = 'committed';
  }

  /** Throws `error` where no further try is allowed, or the abort's reason where that was what happened. */
  async #prepareRetry(error: unknown): Promise<void> {
    const options = this.#options;
    this.#stop.signal.throwIfAborted();
    this.#dropTry(error);
    if (this.state === 'committed' || !options.mayRetry(error)) throw error;
    options.onRetry?.(error, this.#attempt);
    const least = Math.max(this.#backoff(), options.leastWait?.(error) ?? 0);
    const wait = Math.min(least, options.mostWait?.(error) ?? Infinity);
    await this.#abortable.wait(options.clock.sleep(wait, this.#stop.signal));
  }

  /** Full jitter: tries of many clients that failed together do not come back together. */
  #backoff(): number {
    const ceiling = Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** (this.#attempt - 1));
    return this.#options.random.next() * ceiling;
  }

  #finish(): void {
    this.state = 'done';
    this.#unfollow();
    this.#try = undefined;
  }

  /** Ends the running try without waiting for it: one that heeds nothing must not hold the consumer. */
  #dropTry(reason: unknown): void {
    const dropped = this.#try;
    this.#try = undefined;
    if (!dropped) return;
    dropped.controller.abort(reason);
    // The try's outcome is settled; how it takes being closed concerns nobody.
    ignoreFailure(dropped.iterator.return?.());
  }
}
