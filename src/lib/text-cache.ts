/** A bounded map in memory: the entry that was used longest ago goes first. */

/**
 * Bounded by the characters of its keys and texts, which differ in length a hundredfold, and by the number of entries.
 */
export class TextCache<T extends { readonly text: string }> {
  readonly #maxChars: number;
  readonly #maxEntries: number;
  /** A Map keeps the order of insertion. Entries are inserted anew on use, so the first one is the oldest. */
  readonly #entries = new Map<string, T>();
  #chars = 0;

  constructor(maxChars: number, maxEntries = Number.POSITIVE_INFINITY) {
    this.#maxChars = maxChars;
    this.#maxEntries = maxEntries;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  set(key: string, entry: T): void {
    this.#delete(key);
    this.#entries.set(key, entry);
    this.#chars += size(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#chars <= this.#maxChars && this.#entries.size <= this.#maxEntries) return;
      this.#delete(oldest);
    }
  }

  /** Used longest ago first. */
  entries(): [string, T][] {
    return [...this.#entries];
  }

  clear(): void {
    this.#entries.clear();
    this.#chars = 0;
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#chars -= size(key, entry);
  }
}

const size = (key: string, entry: { readonly text: string }) => key.length + entry.text.length;
