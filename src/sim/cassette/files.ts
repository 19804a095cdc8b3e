/** Files of recordings: private, and whole or absent. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Recordings are pieces of conversations. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

let drafts = 0;

/** A name beside `path` that nobody else uses, and no listing takes for a recording. */
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

/** Lets `fill` write into a folder beside `path`, then puts it in the place of whatever was there. */
export async function writeFolder(path: string, fill: (draft: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const draft = draftOf(path);
  try {
    await fill(draft);
    if (existsSync(path)) await rm(path, { recursive: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}
