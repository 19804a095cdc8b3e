import type { Clock } from '../../src/lib/ports.ts';

type Sleeper = { at: number; wake: () => void };

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now = 1_000_000;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  /** How many sleeps are under way: a test that ends with some has left a timer behind. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Goes on by `ms`, waking sleepers in their order, and lets what they wake run. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await settle();
    }
    this.#now = until;
  }

  /** Goes on to when the next sleeper wakes, if there is one. */
  async skip(): Promise<void> {
    const next = this.#next(Infinity);
    if (next) await this.advance(Math.max(0, next.at - this.#now));
  }

  #next(until: number): Sleeper | undefined {
    const due = this.#sleepers.filter((sleeper) => sleeper.at <= until);
    return due.reduce<Sleeper | undefined>(
      (first, sleeper) => (first && first.at <= sleeper.at ? first : sleeper),
      undefined,
    );
  }
}

/** Lets promises that are ready run, without time passing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
