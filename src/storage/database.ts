/** Opens a database that several processes use at the same time. */
import { Database } from 'bun:sqlite';
import { inodeOf, isCorrupt, moveAside } from './broken-file.ts';
import { createPrivateFile, locked } from './lock.ts';

const PRAGMAS = [
  'busy_timeout = 5000',
  // With WAL, NORMAL survives the death of the process; only a power cut may lose the last rows.
  'journal_mode = WAL',
  'synchronous = NORMAL',
];

export type DatabaseOptions = {
  file: string;
  /** Statements that make the tables where they are missing. */
  schema: string;
  /** Milliseconds since the epoch: a part of the name of a file that is moved aside. */
  now: number;
  onWarning(message: string): void;
};

function open({ file, schema }: DatabaseOptions): Database {
  createPrivateFile(file);
  const db = new Database(file, { strict: true });
  try {
    for (const pragma of PRAGMAS) db.run(`PRAGMA ${pragma}`);
    db.run(schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens the database. A corrupt file is moved aside, and a new one is begun. Throws where the file cannot be used. */
export function openDatabase(options: DatabaseOptions): Database {
  const { file, now, onWarning } = options;
  // SQLite fails if two processes switch a new file to WAL.
  return locked(file, () => {
    try {
      return open(options);
    } catch (error) {
      if (!isCorrupt(error) || inodeOf(file) === 0) throw error;
      onWarning(`${file} was corrupt: moved to ${moveAside(file, now)}, a new one begun`);
      return open(options);
    }
  });
}
