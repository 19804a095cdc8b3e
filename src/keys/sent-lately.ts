/** How many requests were sent within the last minute, for people to see: to the second, at the cost of a number each. */
import type { Clock } from '../lib/ports.ts';

const SECONDS = 60;

export class SentLately {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** The requests of each of the last seconds; a second's place is its number, divided by their count. */
  readonly #counts = new Uint32Array(SECONDS);
  #second = -SECONDS;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  note(): void {
    this.#goOn();
    const place = this.#second % SECONDS;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  get count(): number {
    this.#goOn();
    return this.#counts.reduce((sum, one) => sum + one, 0);
  }

  /** Empties the places of the seconds that have passed. */
  #goOn(): void {
    const now = Math.floor(this.#clock.monotonic() / 1_000);
    const first = Math.max(this.#second + 1, now - SECONDS + 1);
    for (let second = first; second <= now; second++) this.#counts[second % SECONDS] = 0;
    this.#second = now;
  }
}
