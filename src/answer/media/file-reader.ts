/**
 * Reads the uploaded files that a request names: into memory as long as they fit into a request, the smallest first. Of a
 * larger file only what it is is found out; its bytes can be read piece by piece.
 */
import { readFile } from 'node:fs/promises';
import { MessagesError } from '../../anthropic/errors.ts';
import type { FileRecord } from '../../files/file-record.ts';
import type { FileStore } from '../../files/store.ts';
import { Places } from '../../lib/places.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import { wholeOrSize } from '../../lib/shown-text.ts';
import type { FoundFile } from '../../translate/context.ts';
import { textOfFile } from '../../translate/request/media/file-media.ts';
import { mediaTypeOf } from '../../translate/request/media/media-type.ts';
import type { Bytes } from './moved-media.ts';

/** A file by its id, and the number of places where the request names it. */
export type WantedFile = { id: string; uses: number };

export type FileReader = {
  /** Gives each of `files`, in their order. Rejects only with the signal's reason. */
  read(files: readonly WantedFile[], signal: AbortSignal): Promise<readonly FoundFile[]>;
  /** The bytes of a file, to be read piece by piece. Throws a MessagesError where the file is gone. */
  open(id: string): Bytes;
};

/** How many files are read at once, for all requests together. */
const MAX_AT_ONCE = 8;
/** How many large files are remembered to be text, or not to be. */
const MOST_REMEMBERED = 1_000;
/** Bytes of which the type of a picture or a document can be told. */
const BEGINNING = 64;
/** Bytes that are looked at in one step. */
const STEP = 1024 * 1024;

const missing = (problem: string): FoundFile => ({ problem, isMissing: true });

/** The length of the bytes in base64, as they are sent. */
const sentBytes = (size: number): number => Math.ceil(size / 3) * 4;

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** True where the bytes are UTF-8 without a zero byte. */
async function isText({ size, read }: Bytes): Promise<boolean> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  try {
    for (let from = 0; from < size; from += STEP) {
      const bytes = await read(from, Math.min(size, from + STEP));
      if (bytes.includes(0)) return false;
      utf8.decode(bytes, { stream: true });
    }
    utf8.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** `requestBytes`: the most bytes of a request. */
export function createFileReader(store: FileStore, requestBytes: number): FileReader {
  const places = new Places(MAX_AT_ONCE);
  const texts = new RecentMap<string, boolean>(MOST_REMEMBERED);

  const bytesOf = (file: FileRecord): Bytes => ({
    id: file.id,
    size: file.size,
    async read(from, to) {
      try {
        return await Bun.file(store.pathOf(file)).slice(from, to).bytes();
      } catch (error) {
        if (isGone(error)) throw gone(file.id);
        throw error;
      }
    },
  });

  async function described(file: FileRecord): Promise<FoundFile> {
    const { id, mimeType: declared, size, filename: name } = file;
    const bytes = bytesOf(file);
    const shown = mediaTypeOf(await bytes.read(0, Math.min(size, BEGINNING)));
    if (shown !== undefined) return { mimeType: shown, size, isText: false, name };
    const known = texts.get(id) ?? (await isText(bytes));
    texts.set(id, known);
    return { mimeType: declared, size, isText: known, name };
  }

  async function readOne(wanted: WantedFile, left: { bytes: number }): Promise<FoundFile> {
    const shown = wholeOrSize(wanted.id);
    const file = store.find(wanted.id);
    if (!file) return missing(`File not found: ${shown}`);
    if (store.hasExpired(file)) return missing(`File has expired: ${shown}`);
    const needed = sentBytes(file.size) * wanted.uses;
    try {
      if (needed > left.bytes) return await described(file);
      left.bytes -= needed;
      const { mimeType, filename: name } = file;
      const bytes = await readFile(store.pathOf(file));
      const text = textOfFile(mimeType, bytes);
      return { mimeType, name, ...(text === undefined ? { data: bytes.toString('base64') } : { text }) };
    } catch (error) {
      // Another request has deleted the file at this very moment.
      if (isGone(error) || error instanceof MessagesError) return missing(`File not found: ${shown}`);
      throw error;
    }
  }

  return {
    async read(files, signal) {
      const left = { bytes: requestBytes };
      const found = new Map<string, Promise<FoundFile>>();
      const size = ({ id }: WantedFile) => store.find(id)?.size ?? 0;
      for (const wanted of [...files].sort((a, b) => size(a) - size(b)))
        found.set(
          wanted.id,
          places.run(() => readOne(wanted, left), signal),
        );
      return Promise.all(files.map(({ id }) => found.get(id) ?? missing(`File not found: ${id}`)));
    },
    open(id) {
      const file = store.find(id);
      if (!file || store.hasExpired(file)) throw gone(id);
      return bytesOf(file);
    },
  };
}

const gone = (id: string) => new MessagesError('not_found_error', `File not found: ${wholeOrSize(id)}`);
