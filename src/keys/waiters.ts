/** Requests that wait for a key. They wake when their time has come or when something has changed, but not all at the same moment. */
import { ignoreFailure } from '../lib/async.ts';
import type { Clock, Random } from '../lib/ports.ts';

/** Milliseconds over which requests that waited together are spread. */
const SPREAD_MS = 1_000;

export class Waiters {
  readonly #clock: Clock;
  readonly #random: Random;
  /** In the order in which they came. Each is called with the milliseconds that it should still wait. */
  readonly #waiting = new Set<(delay: number) => void>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Resolves after `ms`, or sooner when it is woken; rejects with the signal's reason. */
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
    // Cancelled below, when something else came first.
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

  /** The first goes at once, the others within a second: a model that was just down should not be asked by all of them together. */
  wake(): void {
    let delay = 0;
    for (const wake of this.#waiting) {
      wake(delay);
      delay = this.#random.next() * SPREAD_MS;
    }
  }
}
