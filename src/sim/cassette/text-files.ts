/** Reads the files and folders of recordings as people, their editors and git have left them. */
import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { conflictIn } from '../merge-conflict.ts';
import { CassetteError } from './types.ts';

export const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The folders in `folder`, in the order of their names. A link counts as what it leads to, also where it leads nowhere. */
export function listFolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return entriesOf(folder)
    .filter((entry) => !entry.name.startsWith('.'))
    .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && !isFile(join(folder, entry.name))))
    .map((entry) => entry.name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name));
}

/** All that is in a folder. Throws a CassetteError where it cannot be read. */
export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new CassetteError(folder, `cannot be read: ${problemOf(error)}`);
  }
}

/** False for a link that leads nowhere, or in a circle. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export function readBytes(file: string): Uint8Array {
  if (!existsSync(file)) throw new CassetteError(file, 'is missing');
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new CassetteError(file, `cannot be read: ${problemOf(error)}`);
  }
}

/** The text of a file. A byte-order mark stays in it. */
export const readText = (file: string): string => textIn(readBytes(file));

export const textIn = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** A text of ours without the mark that some editors put before it. Neither JSON nor our lines begin with one. */
export const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

/**
 * The bytes that were written, where `bytes` are these in another dress: git and editors change line ends, put a mark
 * before a text, or end its last line. `isWritten` knows by a hash. Otherwise `bytes` are an edit, and undefined is
 * returned.
 */
export function asWritten(
  bytes: Uint8Array,
  isWritten: (bytes: Uint8Array) => boolean,
): Uint8Array | undefined {
  if (isWritten(bytes)) return bytes;
  const text = Buffer.from(bytes).toString('latin1');
  const dresses = [(one: string) => one, (one: string) => one.replace(/^\xef\xbb\xbf/, '')]
    .flatMap((change) => [change, (one: string) => change(one).replaceAll('\r\n', '\n')])
    .flatMap((change) => [change, (one: string) => change(one).replace(/(?:\r\n|\n|\r)$/, '')]);
  for (const undress of dresses) {
    const candidate = new Uint8Array(Buffer.from(undress(text), 'latin1'));
    if (isWritten(candidate)) return candidate;
  }
  return undefined;
}

/** Why `text` is no JSON. */
export function whyNotJson(text: string): string {
  if (text.trim() === '') return 'is empty';
  const conflict = conflictIn(text);
  if (conflict !== undefined) return conflict;
  try {
    JSON.parse(text);
    return 'not JSON: it holds too much';
  } catch (error) {
    return `not JSON: ${problemOf(error).replace(/^JSON Parse error: /, '')}`;
  }
}
