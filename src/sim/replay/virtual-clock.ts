/**
 * The time of one replayed request. It stands still while work is being done, and jumps to the next moment somebody waits
 * for as soon as nobody works: so a recording of minutes plays in milliseconds, and yet every ping, deadline and
 * retry falls between the same two reads as it did then. A pace makes the jumps last as long as one likes.
 */
import { ignoreFailure } from '../../lib/async.ts';
import type { Clock } from '../../lib/ports.ts';

export type Pace = (ms: number) => number;

type Sleeper = { at: number; wake(): void };

/** Turns of the event loop after which everything that can go on without time has done so. */
const SETTLE_TURNS = 4;

export class VirtualClock implements Clock {
  readonly #real: Clock;
  readonly #pace: Pace;
  #sleepers: Sleeper[] = [];
  #now: number;
  /** Waits for upstream: time is what they wait for. */
  #waiting = 0;
  #upstreamOpen = true;
  #running = false;
  #pausing = new AbortController();

  constructor(start: number, pace: Pace, real: Clock) {
    this.#now = start;
    this.#pace = pace;
    this.#real = real;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const drop = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal?.removeEventListener('abort', onAbort);
        this.#changed();
      };
      const onAbort = () => {
        drop();
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, ms),
        wake: () => {
          drop();
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push(sleeper);
      this.#changed();
    });
  }

  /** Upstream says nothing for `ms` milliseconds; Infinity until `signal` aborts. */
  async waitForUpstream(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (ms <= 0) return;
    this.#waiting++;
    try {
      await this.sleep(ms, signal);
    } finally {
      this.#waiting--;
    }
  }

  /**
   * Whether an upstream response is being made or read. While one is and nobody waits for it, the client is slow to
   * take what there is: that takes real time. Without one the gate is between two tries.
   */
  setUpstreamOpen(open: boolean): void {
    this.#upstreamOpen = open;
    this.#changed();
  }

  #changed(): void {
    this.#pausing.abort();
    this.#pausing = new AbortController();
    if (this.#running || this.#sleepers.length === 0) return;
    this.#running = true;
    ignoreFailure(this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < SETTLE_TURNS; turn++) await nextTurn();
      const next = this.#nextSleeper();
      if (!next) break;
      if (await this.#pass(next.at - this.#now)) {
        this.#now = Math.max(this.#now, next.at);
        next.wake();
      }
    }
    this.#running = false;
  }

  /** The one to wake first; of equals the one that has slept longest. */
  #nextSleeper(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at < (next?.at ?? Number.POSITIVE_INFINITY)) next = sleeper;
    }
    return next;
  }

  /** Lets as much real time go by as the jump is to last. False when something happened meanwhile. */
  async #pass(ms: number): Promise<boolean> {
    const jumps = this.#waiting > 0 || !this.#upstreamOpen;
    const realMs = jumps ? this.#pace(ms) : ms;
    if (realMs <= 0) return true;
    try {
      await this.#real.sleep(realMs, this.#pausing.signal);
      return true;
    } catch {
      return false;
    }
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
