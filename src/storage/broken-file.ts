/** Tells a broken database from other troubles, and moves a broken one out of the way. */
import { existsSync, renameSync, statSync } from 'node:fs';
import { IN_MEMORY } from './lock.ts';

/** True where SQLite says that the file itself is broken, or is no database. */
export function isCorrupt(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB');
}

/** The inode of a file; 0 where there is no such file. */
export function inodeOf(file: string): number {
  return file === IN_MEMORY ? 0 : (statSync(file, { throwIfNoEntry: false })?.ino ?? 0);
}

/** Renames a broken file, and SQLite's files beside it, so that somebody can look at them. Returns the new name. */
export function moveAside(file: string, stamp: number): string {
  const aside = `${file}.corrupt-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  return aside;
}
