/** Requests that wait for a key: woken when something has changed, and not all at the same moment when a time has come. */
import { ignoreFailure } from '../lib/async.ts';
import type { Clock, Random } from '../lib/ports.ts';

/** Milliseconds over which those who wait together are spread. */
const SPREAD_MS = 1_000;

export class Waiters {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Resolves after `ms`, or sooner when woken; rejects with the signal's reason. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const spread = this.#waiting.size > 0 ? this.#random.next() * SPREAD_MS : 0;
    const woken = Promise.withResolvers<void>();
    const timer = new AbortController();
    const wake = () => woken.resolve();
    const leave = () => woken.reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.add(wake);
    const slept = this.#clock.sleep(ms + spread, timer.signal).then(wake);
    // Called off below, when something else came first.
    ignoreFailure(slept);
    try {
      await woken.promise;
    } finally {
      this.#waiting.delete(wake);
      signal.removeEventListener('abort', leave);
      timer.abort();
    }
  }

  wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
