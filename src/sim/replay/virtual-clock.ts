/**
 * The clock of one replayed request. It stands still while work is done. When no work is left, it jumps to the next
 * moment for which something waits. So a recording of minutes plays in milliseconds, and yet every ping, deadline and
 * retry comes between the same two reads as when it was recorded. A pace makes the jumps last real time. Each moment
 * has its place on the real clock, counted from the start: if one jump is late, the next jump is shorter.
 */
import { ignoreFailure } from '../../lib/async.ts';
import { type Clock, sleepOf } from '../../lib/ports.ts';

export type Pace = (ms: number) => number;

/** Decides when the request of this clock may go on among other requests. */
export type Order = {
  turn(at: number, signal: AbortSignal): Promise<void>;
  works(): void;
  /** To be called when the next moment does not depend on upstream. */
  isAway(): void;
};

/** The order of a request that is played alone. */
const ALONE: Order = { turn: () => Promise.resolve(), works: () => {}, isAway: () => {} };

type Sleeper = { at: number; wake(): void };

/** After this many turns of the event loop, everything has happened that needs no time. */
const SETTLE_TURNS = 4;

export class VirtualClock implements Clock {
  readonly #real: Clock;
  readonly #pace: Pace;
  readonly #order: Order;
  #sleepers: Sleeper[] = [];
  #now: number;
  /** The number of waits for upstream: time may pass for these. */
  #waiting = 0;
  #upstreamOpen = true;
  #stands = false;
  /** The number of pieces of work on other threads. */
  #working = 0;
  /** The real moment of `#now`, if no jump had been late. */
  #due: number;
  /** The time from which the client or another outside party was slow: then the real time counts. */
  #outsideSince: number | undefined;
  #running = false;
  #pausing = new AbortController();

  constructor(start: number, pace: Pace, real: Clock, order = ALONE) {
    this.#now = start;
    this.#pace = pace;
    this.#real = real;
    this.#order = order;
    this.#due = real.monotonic();
  }

  monotonic(): number {
    return this.#now;
  }

  /** The date on this clock. It began with the date of the recording, and is never set. */
  wall(): Date {
    return new Date(this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOf(this, ms, signal);
  }

  after(ms: number, act: () => void): () => void {
    const drop = () => {
      if (!this.#sleepers.includes(sleeper)) return;
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
      this.#changed();
    };
    const sleeper: Sleeper = {
      at: this.#now + Math.max(0, ms),
      wake: () => {
        drop();
        act();
      },
    };
    this.#sleepers.push(sleeper);
    this.#changed();
    return drop;
  }

  /** Upstream is silent for `ms` milliseconds, or, with Infinity, until `signal` aborts. */
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
   * Says whether an upstream response is being made or read. While there is such a response and nothing waits for it,
   * the client is slow to read, which needs real time. Where there is none, the answer is between two attempts.
   */
  setUpstreamOpen(open: boolean): void {
    this.#upstreamOpen = open;
    this.#changed();
  }

  /** Waits until `signal` aborts, and then rejects with the signal's reason. Until then nothing is woken any more. */
  async standStill(signal: AbortSignal | undefined): Promise<never> {
    this.#stands = true;
    this.#order.isAway();
    try {
      return await new Promise<never>((_resolve, reject) => {
        if (signal?.aborted) reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    } finally {
      this.#stands = false;
      this.#changed();
    }
  }

  /** Waits for work on another thread, which this clock cannot see: no time passes meanwhile. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#working++;
    this.#changed();
    try {
      return await work;
    } finally {
      this.#working--;
      this.#changed();
    }
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
      if (await this.#pass(next.at)) {
        this.#now = Math.max(this.#now, next.at);
        this.#order.works();
        next.wake();
      }
    }
    this.#running = false;
  }

  /** The sleeper to wake first. Of two sleepers with the same moment, it is the one that has slept longer. */
  #nextSleeper(): Sleeper | undefined {
    let next: Sleeper | undefined;
    if (this.#stands || this.#working > 0) return next;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at < (next?.at ?? Number.POSITIVE_INFINITY)) next = sleeper;
    }
    return next;
  }

  /** Lets the real time of the jump to `at` pass. Returns false where something happened meanwhile. */
  async #pass(at: number): Promise<boolean> {
    const { signal } = this.#pausing;
    const isOutside = this.#waiting === 0 && this.#upstreamOpen;
    try {
      if (isOutside) this.#order.isAway();
      else await this.#order.turn(at, signal);
      const due = this.#dueAt(at, isOutside);
      const left = due - this.#real.monotonic();
      if (left > 0) await this.#real.sleep(left, signal);
      this.#due = due;
      if (isOutside) this.#outsideSince = due;
      return true;
    } catch {
      return false;
    }
  }

  #dueAt(at: number, isOutside: boolean): number {
    const ms = at - this.#now;
    if (!isOutside) {
      this.#outsideSince = undefined;
      return this.#due + this.#pace(ms);
    }
    this.#outsideSince ??= Math.max(this.#due, this.#real.monotonic());
    return this.#outsideSince + ms;
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
