/**
 * A map with a limited number of entries: the entry that was used longest ago is dropped first. So clients cannot fill
 * the memory with keys that they make up.
 */
export class RecentMap<K, V extends NonNullable<unknown>> {
  readonly #most: number;
  readonly #weight: Weight<K, V>;
  /** A Map keeps the order of insertion: an entry that is inserted again on use makes the first entry the oldest. */
  readonly #entries = new Map<K, V>();
  #total = 0;

  /** `most`: the most entries. `weight`: where entries differ much in size, the most of their sizes together. */
  constructor(most: number, weight: Weight<K, V> = { most: Infinity, of: () => 0 }) {
    this.#most = most;
    this.#weight = weight;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value of a key. Counts as a use of the entry. */
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

  /**
   * The keys; the key that was used longest ago comes first, here and in the functions below. Copy the result if the
   * loop uses entries.
   */
  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }
}

export type Weight<K, V> = { most: number; of(key: K, value: V): number };

/** A weight that counts the characters of texts and of their names. */
export const charsUpTo = (most: number): Weight<string, string> => ({
  most,
  of: (key, text) => key.length + text.length,
});
