/** Folders that are needed for one run only. Whoever has made one may forget it, or end before it is done: it goes with the process at the latest. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TemporaryFolder = { path: string; remove(): void };

const left = new Set<string>();

function removeAll(): void {
  for (const path of left) {
    try {
      removeFolder(path);
    } catch {
      // Windows keeps files that are still open, and nobody is left to be told.
    }
  }
}

function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
  left.delete(path);
  if (left.size === 0) process.off('exit', removeAll);
}

function make(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new Error(`no temporary folder can be made (${why}); set TMPDIR to a folder that you may write`);
  }
}

/** `prefix`: how its name begins. Throws an error of one line where none can be made. */
export function temporaryFolder(prefix: string): TemporaryFolder {
  const path = make(prefix);
  if (left.size === 0) process.on('exit', removeAll);
  left.add(path);
  return { path, remove: () => removeFolder(path) };
}
