/** A bounded map: what was used longest ago goes first, whatever clients make up as keys. */
export class RecentMap<K, V extends NonNullable<unknown>> {
  readonly #most: number;
  readonly #weight: Weight<K, V>;
  /** A Map keeps the order of insertion: an entry that is inserted again on use makes the first entry the oldest. */
  readonly #entries = new Map<K, V>();
  #total = 0;

  /** `most` entries; and, where they differ in size a hundredfold, so much of their `weight` together. */
  constructor(most: number, weight: Weight<K, V> = { most: Infinity, of: () => 0 }) {
    this.#most = most;
    this.#weight = weight;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** That is a use. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#total += this.#weight.of(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most && this.#total <= this.#weight.most) return;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#total -= this.#weight.of(key, value);
  }

  clear(): void {
    this.#entries.clear();
    this.#total = 0;
  }

  /** Used longest ago first, as all that follow. Take a copy where the loop uses entries. */
  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }
}

export type Weight<K, V> = { most: number; of(key: K, value: V): number };

/** Characters of texts by name. */
export const charsUpTo = (most: number): Weight<string, string> => ({
  most,
  of: (key, text) => key.length + text.length,
});
