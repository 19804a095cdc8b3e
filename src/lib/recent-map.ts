/**
 * A map with a limited number of entries: the entry that was used longest ago is dropped first. So clients cannot fill
 * the memory with keys that they make up.
 */
export class RecentMap<K, V extends NonNullable<unknown>> {
  readonly #most: number;
  readonly #weight: Weight<K, V>;
  /**
   * The order of use is in the entries themselves, and not in the order of this Map: a Map that has lost its first
   * entries walks over their empty places to find its first one, which takes longer with each of them.
   */
  readonly #entries = new Map<K, Entry<K, V>>();
  #oldest: Entry<K, V> | undefined;
  #newest: Entry<K, V> | undefined;
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
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#append(entry);
    }
    return entry.value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    const entry: Entry<K, V> = { key, value, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#append(entry);
    this.#total += this.#weight.of(key, value);
    while (this.#oldest && (this.#entries.size > this.#most || this.#total > this.#weight.most))
      this.delete(this.#oldest.key);
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#unlink(entry);
    this.#total -= this.#weight.of(key, entry.value);
  }

  clear(): void {
    this.#entries.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#total = 0;
  }

  /**
   * The keys; the key that was used longest ago comes first, here and in the function below. Copy the result if the loop
   * uses entries.
   */
  *keys(): IterableIterator<K> {
    for (const [key] of this) yield key;
  }

  *[Symbol.iterator](): IterableIterator<[K, V]> {
    for (let entry = this.#oldest; entry; entry = entry.newer) yield [entry.key, entry.value];
  }

  #append(entry: Entry<K, V>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
  }

  /** The entry keeps its own neighbours, so that a loop that has come to the entry goes on. */
  #unlink({ older, newer }: Entry<K, V>): void {
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
  }
}

/** An entry, and its neighbours in the order of use. */
type Entry<K, V> = {
  readonly key: K;
  readonly value: V;
  older: Entry<K, V> | undefined;
  newer: Entry<K, V> | undefined;
};

export type Weight<K, V> = { most: number; of(key: K, value: V): number };

/** A weight that counts the characters of texts and of their names. */
export const charsUpTo = (most: number): Weight<string, string> => ({
  most,
  of: (key, text) => key.length + text.length,
});
