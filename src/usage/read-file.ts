/** Reads a file of usage that a proxy may be writing. Changes nothing, whatever is wrong with the file. */
import { Database } from 'bun:sqlite';
import { UsageReader } from './reader.ts';

/** Throws where the file cannot be read. */
export function readUsageFile<T>(file: string, look: (reader: UsageReader) => T): T {
  const db = new Database(file, { readwrite: true, create: false });
  try {
    return look(new UsageReader(() => db));
  } finally {
    db.close();
  }
}
