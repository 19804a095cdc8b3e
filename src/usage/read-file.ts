/** Reads a file of usage that a proxy may be writing. */
import { Database } from 'bun:sqlite';
import { UsageReader } from './reader.ts';

export function readUsageFile<T>(file: string, look: (reader: UsageReader) => T): T {
  const db = new Database(file);
  try {
    return look(new UsageReader(() => db));
  } finally {
    db.close();
  }
}
