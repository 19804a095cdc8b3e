/**
 * Limits the work on the schemas of one request, counted in values that are looked at, so that one request cannot block
 * all others.
 */

/** Thrown when the allowed work is used up. It is caught where a schema can be sent in another form. */
export class TooMuchWork extends Error {}

export class Work {
  readonly #most: number;
  #steps = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** The number of values that were looked at so far. */
  get steps(): number {
    return this.#steps;
  }

  get left(): number {
    return Math.max(0, this.#most - this.#steps);
  }

  /** Counts `steps`. Throws `TooMuchWork` where the work is then more than is allowed. */
  add(steps = 1): void {
    this.#steps += steps;
    if (this.#steps > this.#most) throw new TooMuchWork();
  }

  /** Counts work that is already done, even if it is more than is allowed. */
  spend(steps: number): void {
    this.#steps += steps;
  }
}
