/** Requests that wait for a key. A request wakes when its time has come or when a key may have become free, but not all wake at the same moment. */
import { ignoreFailure } from '../lib/async.ts';
import type { Clock, Random } from '../lib/ports.ts';

/** Milliseconds over which requests that waited together are spread. */
const SPREAD_MS = 1_000;

export class Waiters {
  readonly #clock: Clock;
  readonly #random: Random;
  /** One function for each waiting request, in the order in which the requests came. It is called with the milliseconds that its request should still wait. */
  readonly #waiting = new Set<(delay: number) => void>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Resolves after `ms`, or sooner when the waiters are woken. Rejects with the signal's reason when it aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const spread = this.#waiting.size > 0 ? this.#random.next() * SPREAD_MS : 0;
    const woken = Promise.withResolvers<number>();
    const timer = new AbortController();
    const wake = (delay: number) => woken.resolve(delay);
    const leave = () => woken.reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.add(wake);
    const slept = this.#clock.sleep(ms + spread, timer.signal).then(() => wake(0));
    // Cancelled below, where the waiters were woken first.
    ignoreFailure(slept);
    try {
      const delay = await woken.promise;
      if (delay > 0) await this.#clock.sleep(delay, signal);
    } finally {
      this.#waiting.delete(wake);
      signal.removeEventListener('abort', leave);
      timer.abort();
    }
  }

  /** Wakes the first request at once, and the others within a second: a model that was just down should not be asked by all of them together. */
  wake(): void {
    let delay = 0;
    for (const wake of this.#waiting) {
      wake(delay);
      delay = this.#random.next() * SPREAD_MS;
    }
  }
}
