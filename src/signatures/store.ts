/**
 * Keeps thought signatures for the next request of their conversation: on disk, limited in number, and safe from a
 * restart. Keys and envelopes are only texts here. Why: docs/decisions/0005-signature-store.md
 */
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { inodeOf, isCorrupt, moveAside } from '../storage/broken-file.ts';
import { locked } from '../storage/lock.ts';
import { SignatureTable } from './table.ts';

export type SignatureStore = {
  /**
   * Resolves with the envelopes for `keys`; unknown keys are absent. Never rejects: a key that cannot be read counts as
   * unknown.
   */
  get(keys: readonly string[]): Promise<Map<string, string>>;
  /**
   * Stores an envelope. The last envelope for a key is kept. It is on disk when this function returns, so no later
   * request can come too early. Never throws.
   */
  put(key: string, envelope: string): void;
  close(): void;
};

export type SignatureStoreOptions = {
  /**
   * The path of the file. The file and its folder are made where they are missing. With `:memory:` nothing is kept on
   * disk.
   */
  file: string;
  /** The most rows. Beyond that the rows that were used longest ago are dropped, in batches. */
  maxRows: number;
  clock: Clock;
  /** Called once for each kind of trouble; the store goes on as far as it can. */
  onWarning?(message: string): void;
};

/** The most characters kept in memory: several thousand signatures of the usual length. */
const CACHE_CHARS = 8_000_000;

type Cached = { text: string; id: number };

/**
 * Opens a store. Throws where the file cannot be made or opened. A corrupt file is moved aside, and a new one is
 * started.
 */
export function openSignatureStore(options: SignatureStoreOptions): SignatureStore {
  return new SqliteSignatureStore(options);
}

/**
 * The most keys that are remembered as unknown: most texts of a history have no signature, and are asked for with each
 * turn.
 */
const MOST_ABSENT = 10_000;
/**
 * The most histories that are remembered as seen once. Nothing else is kept of them: most never come again, and
 * remembering their keys would cost more than looking them up.
 */
const MOST_SEEN = 1_000;

class SqliteSignatureStore implements SignatureStore {
  readonly #options: SignatureStoreOptions;
  readonly #cache = new RecentMap<string, Cached>(Infinity, {
    most: CACHE_CHARS,
    of: (key, { text }) => key.length + text.length,
  });
  readonly #absent = new Set<string>();
  /** Requests that came before. Each is known by the first of its unknown keys. */
  readonly #seen = new RecentMap<string, true>(MOST_SEEN);
  readonly #warned = new Set<string>();
  #table: SignatureTable;

  constructor(options: SignatureStoreOptions) {
    this.#options = options;
    this.#table = this.#open();
  }

  async get(keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    if (keys.length === 0) return found;
    if (this.#try('read', () => this.#table.changedElsewhere())) this.#forget();
    const missing: string[] = [];
    const old: string[] = [];
    const take = (key: string, text: string, id: number) => {
      found.set(key, text);
      if (this.#table.isOld(id)) old.push(key);
    };
    for (const key of keys) {
      const cached = this.#cache.get(key);
      if (cached) take(key, cached.text, cached.id);
      else if (!this.#absent.has(key)) missing.push(key);
    }
    const rows = missing.length === 0 ? [] : this.#try('read', () => this.#table.read(missing));
    for (const { key, envelope, id } of rows ?? []) {
      this.#cache.set(key, { text: envelope, id });
      take(key, envelope, id);
    }
    // Where reading failed, the keys may exist, so they are not noted as absent.
    if (rows) this.#noteAbsent(missing.filter((key) => !found.has(key)));
    if (old.length > 0) this.#renew(old);
    return found;
  }

  put(key: string, envelope: string): void {
    const id = this.#try('write', () => this.#table.write(key, envelope)) ?? 0;
    this.#absent.delete(key);
    this.#cache.set(key, { text: envelope, id });
  }

  close(): void {
    this.#table.close();
  }

  #noteAbsent([first, ...others]: readonly string[]): void {
    if (first === undefined) return;
    if (!this.#seen.get(first)) {
      this.#seen.set(first, true);
      return;
    }
    if (this.#absent.size + others.length >= MOST_ABSENT) this.#absent.clear();
    for (const key of [first, ...others.slice(0, MOST_ABSENT)]) this.#absent.add(key);
  }

  #forget(): void {
    this.#cache.clear();
    this.#absent.clear();
  }

  #renew(keys: readonly string[]): void {
    const id = this.#try('write', () => this.#table.renew(keys));
    if (id === undefined) return;
    for (const key of keys) {
      const cached = this.#cache.get(key);
      if (cached) this.#cache.set(key, { ...cached, id });
    }
  }

  /**
   * Runs `work`, and only reports its errors: a lost signature costs some of the model's reasoning, but a thrown error
   * would cost the whole answer.
   */
  #try<T>(what: 'read' | 'write', work: () => T): T | undefined {
    try {
      return this.#mending(work);
    } catch (error) {
      this.#warn(`cannot ${what} the signature store ${this.#options.file}: ${text(error)}`);
      return undefined;
    }
  }

  /** Runs `work`. If the file turns out to be corrupt, `work` runs once more on a new file. */
  #mending<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      const { inode } = this.#table;
      this.#table.close();
      this.#table = locked(this.#options.file, () => this.#replace(inode, error));
      return work();
    }
  }

  #open(): SignatureTable {
    const { file, maxRows } = this.#options;
    return locked(file, () => {
      try {
        return new SignatureTable(file, maxRows);
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        return this.#startOver(error);
      }
    });
  }

  /**
   * Replaces a broken file. Another process may have found the same broken file and may have started a new one by now;
   * then that one is used.
   */
  #replace(broken: number, error: unknown): SignatureTable {
    const { file, maxRows } = this.#options;
    if (inodeOf(file) === broken) return this.#startOver(error);
    this.#forget();
    return new SignatureTable(file, maxRows);
  }

  #startOver(error: unknown): SignatureTable {
    const { file, maxRows, clock } = this.#options;
    const aside = moveAside(file, clock.wall().getTime());
    this.#warn(
      `the signature store ${file} was corrupt (${text(error)}): moved to ${aside}, a new one begun`,
    );
    return new SignatureTable(file, maxRows);
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.onWarning?.(message);
  }
}

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));
