/** Files of recordings. They are private, and appear as a whole or not at all. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Only the user may read a recording: it holds conversations. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

let drafts = 0;

/** A name beside `path` that nobody else uses, and that no listing takes for a recording. */
function draftOf(path: string): string {
  drafts++;
  return join(dirname(path), `.${basename(path)}.${process.pid}-${drafts}.tmp`);
}

/** Replaces `path` in one step. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const draft = draftOf(path);
  await writeFile(draft, content, { mode: FILE_MODE });
  await rename(draft, path);
}

/** What happens if the folder exists: it is replaced, or the promise rejects with FolderTaken. */
export type IfThere = 'replace' | 'reject';

export class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
}

/** Lets `fill` write into a folder beside `path`, and then renames it to `path`. */
export async function writeFolder(
  path: string,
  fill: (draft: string) => Promise<void>,
  ifThere: IfThere = 'replace',
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const draft = draftOf(path);
  try {
    await fill(draft);
    if (ifThere === 'replace' && existsSync(path)) await rm(path, { recursive: true });
    await rename(draft, path).catch((error: unknown) => {
      // The rename fails if a folder with something in it is there, whoever made it.
      throw isTaken(error) ? new FolderTaken(path, { cause: error }) : error;
    });
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
