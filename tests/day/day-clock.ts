/** Virtual time for hundreds of sessions at once. It passes only when nothing else happens. */
import { type Clock, sleepOf } from '../../src/lib/ports.ts';

type Sleeper = { at: number; order: number; state: 'asleep' | 'over'; wake(): void };

/** After so many turns of the event loop without a sign of work, nobody is working. */
const QUIET_TURNS = 3;

const earlier = (a: Sleeper, b: Sleeper) => a.at < b.at || (a.at === b.at && a.order < b.order);

export class DayClock implements Clock {
  #now: number;
  #order = 0;
  #asleep = 0;
  /** Grows whenever somebody reads the clock or goes to sleep: all work here does that sooner or later. */
  #signs = 0;
  /** A binary heap with the next sleeper at its root. A cancelled sleeper stays in it until its time has come. */
  readonly #heap: Sleeper[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  /** The time, for onlookers. */
  get time(): number {
    return this.#now;
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#asleep;
  }

  monotonic(): number {
    this.#signs++;
    return this.#now;
  }

  wall(): Date {
    this.#signs++;
    return new Date(this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOf(this, ms, signal);
  }

  after(ms: number, act: () => void): () => void {
    this.#signs++;
    if (!Number.isFinite(ms)) throw new Error(`a sleep of ${ms} ms`);
    const sleeper: Sleeper = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      state: 'asleep',
      wake: act,
    };
    this.#asleep++;
    this.#push(sleeper);
    return () => this.#end(sleeper);
  }

  /** Lets time pass until `isOver`, until nobody sleeps any more, or until `latest`. */
  async run(isOver: () => boolean, latest = Infinity): Promise<void> {
    await this.#quiet();
    for (let next = this.#first(); next && next.at <= latest && !isOver(); next = this.#first()) {
      this.#now = next.at;
      this.#wakeAll();
      await this.#quiet();
    }
  }

  #wakeAll(): void {
    for (let next = this.#first(); next && next.at <= this.#now; next = this.#first()) {
      this.#pop();
      this.#end(next);
      next.wake();
    }
  }

  async #quiet(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      const signs = this.#signs;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#signs !== signs) quiet = -1;
    }
  }

  #end(sleeper: Sleeper): void {
    if (sleeper.state === 'asleep') this.#asleep--;
    sleeper.state = 'over';
  }

  /** Undefined where nobody sleeps. */
  #first(): Sleeper | undefined {
    while (this.#heap[0]?.state === 'over') this.#pop();
    return this.#heap[0];
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (!parent || !earlier(sleeper, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = sleeper;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const below = left && right && earlier(right, left) ? 2 * at + 2 : 2 * at + 1;
      const child = heap[below];
      if (!child || !earlier(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}
