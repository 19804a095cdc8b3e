/** How much of a request's schemas is read: work is counted in values looked at, and one request may not block all others. */

/** Thrown where the work allowed is done; caught where a schema has another form to go out in. */
export class TooMuchWork extends Error {}

export class Work {
  readonly #most: number;
  #steps = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** Values that were looked at so far. */
  get steps(): number {
    return this.#steps;
  }

  get left(): number {
    return Math.max(0, this.#most - this.#steps);
  }

  /** Throws `TooMuchWork` where it is more than may be done. */
  add(steps = 1): void {
    this.#steps += steps;
    if (this.#steps > this.#most) throw new TooMuchWork();
  }

  /** Work that was done, whatever was allowed. */
  spend(steps: number): void {
    this.#steps += steps;
  }
}
