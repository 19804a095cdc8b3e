/** Reads the files of a folder, for tests that compare them or search in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Files = Record<string, string>;

/** The files in `folder` and below it, by their paths from there. In base64 no byte is lost. */
export const filesIn = (folder: string, encoding: 'utf8' | 'base64' = 'utf8'): Files =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, encoding)]),
  );
