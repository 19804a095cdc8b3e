/**
 * The table of the signature store, in SQLite. Its functions are synchronous: a write takes about 50 µs, which is
 * cheaper than any way around it.
 */
import { Database } from 'bun:sqlite';
import { inodeOf } from '../storage/broken-file.ts';
import { createPrivateFile, IN_MEMORY } from '../storage/lock.ts';

export type SignatureRow = { id: number; key: string; envelope: string };

/** The most rows that are dropped at once: so few that dropping them takes only some milliseconds. */
const MAX_BATCH = 256;

/**
 * The table. `id` grows with every write, so it orders the rows by their last use: a row that is used again is written
 * again with a new id. So no column or index of times is needed.
 */
const SCHEMA = `CREATE TABLE IF NOT EXISTS signatures (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, envelope TEXT NOT NULL)`;

const PRAGMAS = [
  'busy_timeout = 1000',
  // With WAL, NORMAL survives the death of the process; only a power cut may lose the last rows.
  'journal_mode = WAL',
  'synchronous = NORMAL',
  // 8 MB. With SQLite's default of 2 MB, a look-up that finds five hundred rows took 5 ms instead of 3.
  'cache_size = -8000',
];

export class SignatureTable {
  /** The inode of the file, which stays the same when the file is renamed. */
  readonly inode: number;
  readonly #db: Database;
  readonly #maxRows: number;
  readonly #batch: number;
  /** The number of rows that may be written before rows are counted again; another process may be writing too. */
  #room = 0;
  #newest = 0;
  #dataVersion: number | undefined;

  /**
   * Call it with the lock of the file: SQLite fails if two processes switch a new file to WAL. Throws SQLite's errors;
   * `isCorrupt` tells a broken file from other troubles.
   */
  constructor(file: string, maxRows: number) {
    this.#maxRows = maxRows;
    this.#batch = Math.min(MAX_BATCH, Math.max(1, Math.floor(maxRows / 16)));
    this.#db = openDatabase(file);
    this.inode = inodeOf(file);
    const row = this.#db
      .query<{ newest: number | null }, []>('SELECT max(id) AS newest FROM signatures')
      .get();
    this.#newest = row?.newest ?? 0;
  }

  read(keys: readonly string[]): SignatureRow[] {
    const sql = 'SELECT id, key, envelope FROM signatures WHERE key IN (SELECT value FROM json_each(?))';
    return this.#db.query<SignatureRow, [string]>(sql).all(JSON.stringify(keys));
  }

  /** Returns the row's id. The row is on disk when this returns. */
  write(key: string, envelope: string): number {
    if (this.#room === 0) this.#makeRoom();
    this.#room--;
    const sql = 'INSERT OR REPLACE INTO signatures (key, envelope) VALUES (?, ?)';
    const { lastInsertRowid } = this.#db.query(sql).run(key, envelope);
    this.#newest = Number(lastInsertRowid);
    return this.#newest;
  }

  /** True where another process has written since the last call. */
  changedElsewhere(): boolean {
    const row = this.#db.query<{ data_version: number }, []>('PRAGMA data_version').get();
    const changed = row?.data_version !== this.#dataVersion;
    this.#dataVersion = row?.data_version;
    return changed;
  }

  /** True for a row in the older half: when it is used, it should be moved to the front. */
  isOld(id: number): boolean {
    return id < this.#newest - this.#maxRows / 2;
  }

  /** Moves rows to the front. Returns an id that is not larger than any of theirs. */
  renew(keys: readonly string[]): number {
    const before = this.#newest;
    const sql = `INSERT OR REPLACE INTO signatures (key, envelope)
      SELECT key, envelope FROM signatures WHERE key IN (SELECT value FROM json_each(?)) ORDER BY id`;
    const { changes, lastInsertRowid } = this.#db.query(sql).run(JSON.stringify(keys));
    if (changes > 0) this.#newest = Number(lastInsertRowid);
    return before;
  }

  close(): void {
    this.#db.close();
  }

  #makeRoom(): void {
    const row = this.#db.query<{ count: number }, []>('SELECT count(*) AS count FROM signatures').get();
    const count = row?.count ?? 0;
    const surplus = count - (this.#maxRows - this.#batch);
    if (surplus > 0) {
      this.#db
        .query('DELETE FROM signatures WHERE id IN (SELECT id FROM signatures ORDER BY id LIMIT ?)')
        .run(surplus);
    }
    this.#room = this.#batch;
  }
}

function openDatabase(file: string): Database {
  if (file !== IN_MEMORY) createPrivateFile(file);
  const db = new Database(file);
  try {
    for (const pragma of PRAGMAS) db.run(`PRAGMA ${pragma}`);
    db.run(SCHEMA);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
