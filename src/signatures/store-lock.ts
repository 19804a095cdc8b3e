/** One process at a time opens, or replaces, a store's file. The lock goes with the process that has it, however that ends. */
import { Database } from 'bun:sqlite';
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Milliseconds. Whoever has it opens a file, or renames three. */
const WAIT_MS = 10_000;

export const IN_MEMORY = ':memory:';

/** Signatures are pieces of conversations. SQLite gives the files beside this one the same mode. */
export function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/** Throws where somebody else has the lock for too long. `work` must not ask for it again. */
export function locked<T>(file: string, work: () => T): T {
  if (file === IN_MEMORY) return work();
  const db = openLock(`${file}.lock`);
  try {
    return work();
  } finally {
    db.close();
  }
}

function openLock(lock: string): Database {
  createPrivateFile(lock);
  try {
    return begin(lock);
  } catch (error) {
    const isNoDatabase = error instanceof Error && 'code' in error && error.code === 'SQLITE_NOTADB';
    if (!isNoDatabase) throw error;
    // Nothing is ever kept in it.
    writeFileSync(lock, '');
    return begin(lock);
  }
}

function begin(lock: string): Database {
  const db = new Database(lock);
  try {
    db.run(`PRAGMA busy_timeout = ${WAIT_MS}`);
    db.run('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
