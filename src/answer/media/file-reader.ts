/** Reads the uploaded files that a request names, within one limit of bytes. */
import { readFile } from 'node:fs/promises';
import type { FileRecord } from '../../files/file-record.ts';
import type { FileStore } from '../../files/store.ts';
import { MAX_REQUEST_BYTES } from '../../gemini/limits.ts';
import { Places } from '../../lib/places.ts';
import { wholeOrSize } from '../../lib/shown-text.ts';
import type { FoundFile } from '../../translate/context.ts';
import { textOfFile } from '../../translate/request/media/file-media.ts';

/** A file by its id, and the number of places where the request names it. */
export type WantedFile = { id: string; uses: number };

export type FileReader = {
  /** Gives each of `files`, in their order. Rejects only with the signal's reason. */
  read(files: readonly WantedFile[], signal: AbortSignal): Promise<readonly FoundFile[]>;
};

/** How many files are read at once, for all requests together. */
const MAX_AT_ONCE = 8;
const MB = 1024 * 1024;

const missing = (problem: string): FoundFile => ({ problem, isMissing: true });

/** The length of the bytes in base64, as they are sent. */
const sentBytes = (size: number): number => Math.ceil(size / 3) * 4;

const tooLarge = ({ size }: FileRecord): FoundFile => ({
  problem: `The file has ${size} bytes. Gemini takes requests of ${MAX_REQUEST_BYTES / MB} MB at most, and files are sent within the request, in base64, together with all else in it: use a smaller file, or fewer files`,
});

export function createFileReader(store: FileStore): FileReader {
  const places = new Places(MAX_AT_ONCE);

  async function readOne(wanted: WantedFile, left: { bytes: number }): Promise<FoundFile> {
    const shown = wholeOrSize(wanted.id);
    const file = store.find(wanted.id);
    if (!file) return missing(`File not found: ${shown}`);
    if (store.hasExpired(file)) return missing(`File has expired: ${shown}`);
    left.bytes -= sentBytes(file.size) * wanted.uses;
    if (left.bytes < 0) return tooLarge(file);
    try {
      const { mimeType, filename: name } = file;
      const bytes = await readFile(store.pathOf(file));
      const text = textOfFile(mimeType, bytes);
      return { mimeType, name, ...(text === undefined ? { data: bytes.toString('base64') } : { text }) };
    } catch (error) {
      // Another request has deleted the file at this very moment.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return missing(`File not found: ${shown}`);
      throw error;
    }
  }

  return {
    read(files, signal) {
      const left = { bytes: MAX_REQUEST_BYTES };
      return Promise.all(files.map((wanted) => places.run(() => readOne(wanted, left), signal)));
    },
  };
}
