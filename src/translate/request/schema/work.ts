/**
 * Limits how much of a request's schemas is read, counted in values looked at, so that one request cannot block all
 * others.
 */

/** Thrown when the allowed work is used up; caught where a schema can go out in another form. */
export class TooMuchWork extends Error {}

export class Work {
  readonly #most: number;
  #steps = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** How many values were looked at so far. */
  get steps(): number {
    return this.#steps;
  }

  get left(): number {
    return Math.max(0, this.#most - this.#steps);
  }

  /** Throws `TooMuchWork` where that is more than allowed. */
  add(steps = 1): void {
    this.#steps += steps;
    if (this.#steps > this.#most) throw new TooMuchWork();
  }

  /** Work that was done, whether allowed or not. */
  spend(steps: number): void {
    this.#steps += steps;
  }
}
