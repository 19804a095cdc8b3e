import { type Clock, sleepOf } from '../../src/lib/ports.ts';

type Sleeper = { at: number; wake: () => void };

/** The difference between the two clocks: code that mixes them up is off by decades. */
const AHEAD = Date.UTC(2026, 10, 30);

const START = 1_000_000;

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now = START;
  #ahead: number;

  constructor(date: number = START + AHEAD) {
    this.#ahead = date - START;
  }
  #sleepers: Sleeper[] = [];

  monotonic(): number {
    return this.#now;
  }

  wall(): Date {
    return new Date(this.#now + this.#ahead);
  }

  /** Sets the wall clock forward or back; no time passes. */
  setWall(byMs: number): void {
    this.#ahead += byMs;
  }

  /** How many sleeps are under way. A test that ends with some has left a timer behind. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOf(this, ms, signal);
  }

  after(ms: number, act: () => void): () => void {
    const sleeper = { at: this.#now + ms, wake: act };
    this.#sleepers.push(sleeper);
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
  }

  /** Lets `ms` pass: wakes sleepers in order, and lets what they wake run. */
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

  /** Goes on to the moment when the next sleeper wakes, if there is one. */
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

/** What a clock does after a while, by how it sleeps. */
export const afterOf =
  (sleep: Clock['sleep']): Clock['after'] =>
  (ms, act) => {
    let isOff = false;
    void sleep(ms).then(() => {
      if (!isOff) act();
    });
    return () => {
      isOff = true;
    };
  };

/** A clock that shows what `now` says. Who sleeps on it sleeps for ever, unless told otherwise. */
export const clockOf = (now: () => number, sleep: Clock['sleep'] = () => new Promise(() => {})): Clock => ({
  monotonic: now,
  wall: () => new Date(now() + AHEAD),
  sleep,
  after: afterOf(sleep),
});

/** Lets promises that are ready run, without time passing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
