/**
 * Keeps the files that clients upload: their bytes one by one in a folder, and what is known of them in SQLite. Several
 * processes may use the same folder. Why, and within which bounds: docs/decisions/0105-files.md
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessagesError } from '../anthropic/errors.ts';
import type { Clock, Ids } from '../lib/ports.ts';
import { openDatabase } from '../storage/database.ts';
import type { FileLimits, FilePage, FileRecord, PageWanted } from './file-record.ts';
import { FileTable, SCHEMA } from './table.ts';
import { Upload } from './upload.ts';

const MB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** Milliseconds for which it is known that an expired file existed. */
const REMEMBERED_MS = 30 * DAY_MS;
/** Milliseconds after which bytes without a record are left over from a process that died. No upload takes that long. */
const LEFT_OVER_MS = DAY_MS;

export type FileStoreOptions = {
  folder: string;
  limits: FileLimits;
  clock: Clock;
  ids: Ids;
  onWarning(message: string): void;
};

/** What a client says of a file. */
export type FileFacts = {
  filename: string;
  mimeType: string;
  downloadable: boolean;
  /** The milliseconds that the client wants the file to be kept. */
  keepMs: number | undefined;
};

const storageFull = (problem: string) =>
  new MessagesError('invalid_request_error', `${problem}. Delete files to free up space, then try again`, {
    details: { error_code: 'storage_quota_exceeded' },
  });

export class FileStore {
  readonly #options: FileStoreOptions;
  /** Opened when it is first needed: most proxies never see a file. */
  #opened: FileTable | undefined;
  /** Bytes that uploads under way in this process have written. */
  #incoming = 0;

  constructor(options: FileStoreOptions) {
    this.#options = options;
  }

  /** Begins an upload. Throws a MessagesError where there is no room. The caller must `keep` or `discard` it. */
  receive(): Promise<Upload> {
    this.#sweep();
    const { limits, ids } = this.#options;
    const { count, bytes } = this.#table.used();
    if (count >= limits.count) throw this.#tooMany();
    let own = 0;
    const take = (more: number) => {
      own += more;
      this.#incoming += more;
      if (own > limits.fileBytes) throw this.tooLarge();
      if (bytes + this.#incoming > limits.totalBytes) throw this.#full();
    };
    const release = () => {
      this.#incoming -= own;
      own = 0;
    };
    return Upload.begin(join(this.#folder, ids.next('upload-')), { take, release });
  }

  /** Ends an upload: from now on the file exists. Throws a MessagesError where others have taken the room meanwhile. */
  async keep(upload: Upload, facts: FileFacts): Promise<FileRecord> {
    await upload.complete();
    const file = this.#recordOf(this.#options.ids.next('file_'), upload.size, facts);
    this.#table.exclusively(() => {
      this.#checkRoom(file.size);
      this.#table.add(file);
      renameSync(upload.path, this.pathOf(file));
    });
    return file;
  }

  #recordOf(id: string, size: number, { filename, mimeType, downloadable, keepMs }: FileFacts): FileRecord {
    const { limits, clock } = this.#options;
    const createdAt = clock.wall().getTime();
    const ms = Math.min(keepMs ?? Infinity, limits.keepMs ?? Infinity);
    const expiresAt = Number.isFinite(ms) ? createdAt + ms : undefined;
    return { id, filename, mimeType, size, createdAt, expiresAt, downloadable };
  }

  #checkRoom(more: number): void {
    const { limits } = this.#options;
    const { count, bytes } = this.#table.used();
    if (count >= limits.count) throw this.#tooMany();
    if (bytes + more > limits.totalBytes) throw this.#full();
  }

  /**
   * Keeps what a tool has made, at once: it is told to the client in the same breath. Throws a MessagesError where there
   * is no room. (A replay makes its files again, under the same ids.)
   */
  make(id: string, bytes: Uint8Array, facts: FileFacts): FileRecord {
    this.#sweep();
    const { limits } = this.#options;
    const known = this.#table.find(id);
    if (known) return known;
    if (bytes.byteLength > limits.fileBytes) throw this.tooLarge();
    const file = this.#recordOf(id, bytes.byteLength, facts);
    this.#table.exclusively(() => {
      this.#checkRoom(file.size);
      this.#table.add(file);
      writeFileSync(this.pathOf(file), bytes, { mode: 0o600 });
    });
    return file;
  }

  find(id: string): FileRecord | undefined {
    return this.#table.find(id);
  }

  hasExpired({ expiresAt }: FileRecord): boolean {
    return expiresAt !== undefined && expiresAt <= this.#options.clock.wall().getTime();
  }

  /** Where the bytes of a file are. They may vanish at any time: another process may delete the file. */
  pathOf({ id }: FileRecord): string {
    return join(this.#folder, id);
  }

  page(wanted: PageWanted): FilePage {
    return this.#table.page(wanted, this.#options.clock.wall().getTime());
  }

  placeOf(id: string): number | undefined {
    return this.#table.placeOf(id);
  }

  /** False where there is no such file. */
  remove(id: string): boolean {
    const file = this.#table.find(id);
    if (!file || !this.#table.remove(id)) return false;
    rmSync(this.pathOf(file), { force: true });
    return true;
  }

  tooLarge(): MessagesError {
    const { fileBytes } = this.#options.limits;
    return new MessagesError(
      'request_too_large',
      `The file exceeds the maximum size of ${fileBytes / MB} MB (FILE_MAX_MB)`,
    );
  }

  /** Bytes of the largest file. */
  get largest(): number {
    return this.#options.limits.fileBytes;
  }

  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
  }

  #tooMany(): MessagesError {
    return storageFull(`The proxy keeps ${this.#options.limits.count} files already (FILES_MAX)`);
  }

  #full(): MessagesError {
    const { totalBytes } = this.#options.limits;
    return storageFull(`The files that the proxy keeps would exceed ${totalBytes / MB} MB (FILES_TOTAL_MB)`);
  }

  get #folder(): string {
    return join(this.#options.folder, 'files');
  }

  get #table(): FileTable {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #open(): FileTable {
    const { folder, clock, onWarning } = this.#options;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const now = clock.wall().getTime();
    const file = join(folder, 'files.sqlite');
    const table = new FileTable(openDatabase({ file, schema: SCHEMA, now, onWarning }));
    this.#removeLeftOvers(table, now);
    return table;
  }

  /** Removes bytes of which nothing is known: their process died before the upload was whole. */
  #removeLeftOvers(table: FileTable, now: number): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
      if (now - changed > LEFT_OVER_MS && !table.find(name)) rmSync(path, { force: true });
    }
  }

  #sweep(): void {
    const now = this.#options.clock.wall().getTime();
    for (const id of this.#table.expire(now)) rmSync(join(this.#folder, id), { force: true });
    this.#table.forget(now - REMEMBERED_MS);
  }
}
