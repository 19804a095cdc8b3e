/**
 * Knows when requests come in such numbers that nobody could look at them all, while nobody looks. Then one in twenty is kept:
 * to keep them all would cost a tenth of the throughput, for texts that the next ones push out within seconds.
 */
import type { Clock } from '../lib/ports.ts';

const SECOND_MS = 1_000;
/** Requests that come within a second. */
const MANY = 100;
/** Who has looked within this time may look again. */
const LOOKED_MS = 60_000;
const EACH = 20;

export class Crowd {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #lookedAt = -Infinity;
  #second = 0;
  #inSecond = 0;
  #inSecondBefore = 0;
  #crowded = 0;
  #passedOver = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** How many requests were not kept. */
  get passedOver(): number {
    return this.#passedOver;
  }

  looked(): void {
    this.#lookedAt = this.#clock.monotonic();
  }

  /** To be asked once for each request that comes. `isWatched`: somebody is looking now. */
  passesOver(isWatched: boolean): boolean {
    const now = this.#clock.monotonic();
    this.#count(Math.floor(now / SECOND_MS));
    if (isWatched || now - this.#lookedAt < LOOKED_MS) return false;
    if (Math.max(this.#inSecond, this.#inSecondBefore) <= MANY || this.#crowded++ % EACH === 0) return false;
    this.#passedOver++;
    return true;
  }

  #count(second: number): void {
    if (second !== this.#second) {
      this.#inSecondBefore = second === this.#second + 1 ? this.#inSecond : 0;
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond++;
  }
}
