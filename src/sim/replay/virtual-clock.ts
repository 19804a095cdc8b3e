/**
 * The clock of one replayed request. It stands still while work is being done. When nobody works any more, it jumps to
 * the next moment that somebody waits for. So a recording of minutes plays in milliseconds, and yet every ping,
 * deadline and retry falls between the same two reads as when it was recorded. A pace makes the jumps take real time.
 * Each moment has its place on the real clock, counted from the start: if one jump is late, the next one is shorter.
 */
import { ignoreFailure } from '../../lib/async.ts';
import { type Clock, sleepOf } from '../../lib/ports.ts';

export type Pace = (ms: number) => number;

/** Says when it is the turn of this clock's request among others. */
export type Order = {
  turn(at: number, signal: AbortSignal): Promise<void>;
  works(): void;
  /** To be called when what comes next does not depend on upstream. */
  isAway(): void;
};

/** A request that is played alone. */
const ALONE: Order = { turn: () => Promise.resolve(), works: () => {}, isAway: () => {} };

type Sleeper = { at: number; wake(): void };

/** So many turns of the event loop later, everything has happened that needs no time. */
const SETTLE_TURNS = 4;

export class VirtualClock implements Clock {
  readonly #real: Clock;
  readonly #pace: Pace;
  readonly #order: Order;
  #sleepers: Sleeper[] = [];
  #now: number;
  /** Waits for upstream: for these time may pass. */
  #waiting = 0;
  #upstreamOpen = true;
  #stands = false;
  /** Pieces of work that are done elsewhere. */
  #working = 0;
  /** The real moment of `#now`, if nothing had been late. */
  #due: number;
  /** Since when somebody outside is slow: the real time that passes counts. */
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

  /** The recorded date. It began when the recording did, and nobody sets it. */
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
   * Whether an upstream response is being made or read. While one is and nobody waits for it, the client is slow to
   * take what there is: that takes real time. Without one the answer is between two attempts.
   */
  setUpstreamOpen(open: boolean): void {
    this.#upstreamOpen = open;
    this.#changed();
  }

  /** Nobody is woken any more until `signal` aborts; then this rejects with the signal's reason. */
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

  /** `work` is done on another thread, where this clock does not see it: no time passes meanwhile. */
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

  /** The sleeper to wake first; of two with the same moment, the one that has slept longer. */
  #nextSleeper(): Sleeper | undefined {
    let next: Sleeper | undefined;
    if (this.#stands || this.#working > 0) return next;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at < (next?.at ?? Number.POSITIVE_INFINITY)) next = sleeper;
    }
    return next;
  }

  /** Lets so much real time pass as the jump to `at` is to take. False when something happened meanwhile. */
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
