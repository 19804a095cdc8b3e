/** Writes the files of recordings. They are private, and each file or folder appears complete or not at all. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Only the user may read a recording: it holds conversations. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

let drafts = 0;

/** A name beside `path` that no other process uses, and that no listing reads as a recording. */
function draftOf(path: string): string {
  drafts++;
  return join(dirname(path), `.${basename(path)}.${process.pid}-${drafts}.tmp`);
}

/** Writes a file, and replaces `path` with it in one step. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const draft = draftOf(path);
  await writeFile(draft, content, { mode: FILE_MODE });
  await rename(draft, path);
}

/**
 * What happens if the folder exists already. `replace`: it is replaced. `reject`: the promise rejects with FolderTaken.
 */
export type IfThere = 'replace' | 'reject';

export class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
}

/** Lets `fill` write into a new folder beside `path`, and then renames that folder to `path`. */
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
      // The rename fails if the folder exists and has something in it, whoever made it.
      throw isTaken(error) ? new FolderTaken(path, { cause: error }) : error;
    });
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
