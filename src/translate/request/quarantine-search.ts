/**
 * Which declaration Google means where it does not say: halves of them are sent in the simple form until it takes the request.
 * Later ones first: a client declares its own tools before those of servers.
 */

/** Halves that are tried before all that is left. */
const MOST_HALVES = 4;

export class Search<T> {
  readonly #all: readonly T[];
  /** Where the culprit is, if there is one. */
  #left: readonly T[];
  #halves = 0;
  #simple: readonly T[] = [];

  constructor(suspects: readonly T[]) {
    this.#all = suspects;
    this.#left = suspects;
  }

  /** What to simplify next, after what was tried has been refused; undefined where all was tried. */
  next(): readonly T[] | undefined {
    if (this.isTogether) return undefined;
    if (this.#left.length === 0) {
      if (this.#all.length <= 1) return undefined;
      // Each half alone was refused: there is more than one.
      this.#simple = this.#all;
      return this.#simple;
    }
    const keep = this.#halves++ < MOST_HALVES ? Math.floor(this.#left.length / 2) : 0;
    this.#simple = this.#left.slice(keep);
    this.#left = this.#left.slice(0, keep);
    return this.#simple;
  }

  /** What is simple now; the culprit is among it once Google takes the request. */
  get simple(): readonly T[] {
    return this.#simple;
  }

  /** Only all of them together were left to be tried. */
  get isTogether(): boolean {
    return this.#all.length > 1 && this.#simple.length === this.#all.length;
  }
}
