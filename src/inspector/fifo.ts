/**
 * A queue. A Map or a Set that loses its first entries walks over their empty places to find the first one that is
 * left, and an array moves all others at each `shift`.
 */
const MOST_EMPTY = 1_024;

export class Fifo<T extends object> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > MOST_EMPTY && 2 * this.#head > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes out the first item for which `is` is true. */
  take(is: (item: T) => boolean): T | undefined {
    const { first } = this;
    if (first === undefined || is(first)) return this.shift();
    const at = this.#items.findIndex((item) => item !== undefined && is(item));
    return at < 0 ? undefined : this.#items.splice(at, 1)[0];
  }

  list(): T[] {
    return this.#items.slice(this.#head) as T[];
  }
}
