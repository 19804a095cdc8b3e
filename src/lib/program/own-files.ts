/**
 * Where the files lie that this program brings with it. The folders below the root are the same in all three forms: a clone, an installed
 * package, and one executable, which holds them in a file system of Bun's.
 */
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

export type Form = 'clone' | 'package' | 'executable';

const EMBEDDED = /^.*[/\\](?:\$bunfs|~BUN)[/\\]root/.exec(import.meta.dir)?.[0];
const ROOT = EMBEDDED ?? join(import.meta.dir, '../../..');

export function formAt(root: string, embedded: string | undefined): Form {
  if (embedded !== undefined) return 'executable';
  return root.split(sep).includes('node_modules') ? 'package' : 'clone';
}

export const FORM: Form = formAt(ROOT, EMBEDDED);

/** `path` from the root of the repository. */
export const ownFile = (path: string): string => join(ROOT, path);

/** The source file of a thread. In an executable it is compiled, and found under the same name. */
export const ownThread = (path: string): URL => pathToFileURL(ownFile(path));
