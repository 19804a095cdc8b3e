/**
 * Lets only one process at a time open or replace a store's file. The lock ends with its process, however the process
 * ends.
 */
import { Database } from 'bun:sqlite';
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The most milliseconds that a process waits for the lock. The process with the lock only opens a file, or renames
 * three.
 */
const WAIT_MS = 10_000;

export const IN_MEMORY = ':memory:';

/**
 * Makes a file that only the user may read, since what is stored is parts of conversations. SQLite gives the same mode to
 * the files that it makes beside this one.
 */
export function createPrivateFile(file: string): void {
  // This name of SQLite's is also one that a file may have.
  if (file === IN_MEMORY) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/**
 * Runs `work` with the lock. Throws where another process has the lock for too long. `work` must not call this function
 * again.
 */
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
    // The database stays empty: it only serves as a lock.
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
