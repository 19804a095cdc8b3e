/** The table of stored files, in SQLite. All processes that share a DATA_DIR share it. */
import type { Database } from 'bun:sqlite';
import type { FilePage, FileRecord, PageWanted } from './file-record.ts';

/** `seq` orders the files by their upload. `kept` is 0 once the bytes of an expired file are gone. */
export const SCHEMA = `CREATE TABLE IF NOT EXISTS files (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, filename TEXT NOT NULL, mime_type TEXT NOT NULL,
  size INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, downloadable INTEGER NOT NULL,
  kept INTEGER NOT NULL DEFAULT 1)`;

type Row = {
  seq: number;
  id: string;
  filename: string;
  mime_type: string;
  size: number;
  created_at: number;
  expires_at: number | null;
  downloadable: number;
};

const recordOf = (row: Row): FileRecord => ({
  id: row.id,
  filename: row.filename,
  mimeType: row.mime_type,
  size: row.size,
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
  downloadable: row.downloadable === 1,
});

const IS_ALIVE = '(expires_at IS NULL OR expires_at > $now)';

export class FileTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs `work` while no other process can write. */
  exclusively<T>(work: () => T): T {
    return this.#db.transaction(work).immediate();
  }

  /** What the stored files take now. */
  used(): { count: number; bytes: number } {
    const sql = 'SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes FROM files WHERE kept = 1';
    return this.#db.query<{ count: number; bytes: number }, []>(sql).get() ?? { count: 0, bytes: 0 };
  }

  add({ id, filename, mimeType, size, createdAt, expiresAt, downloadable }: FileRecord): void {
    const sql = `INSERT INTO files (id, filename, mime_type, size, created_at, expires_at, downloadable)
      VALUES ($id, $filename, $mimeType, $size, $createdAt, $expiresAt, $downloadable)`;
    this.#db.query(sql).run({
      id,
      filename,
      mimeType,
      size,
      createdAt,
      expiresAt: expiresAt ?? null,
      downloadable: downloadable ? 1 : 0,
    });
  }

  find(id: string): FileRecord | undefined {
    const row = this.#db.query<Row, [string]>('SELECT * FROM files WHERE id = ?').get(id);
    return row ? recordOf(row) : undefined;
  }

  /** The place of a file in the order of uploads. */
  placeOf(id: string): number | undefined {
    return this.#db.query<{ seq: number }, [string]>('SELECT seq FROM files WHERE id = ?').get(id)?.seq;
  }

  /** The files that have not expired, newest first. With `after` it is the page that ends just before that place. */
  page({ limit, before, after }: PageWanted, now: number): FilePage {
    const isBackwards = after !== undefined && before === undefined;
    const sql = `SELECT * FROM files WHERE ${IS_ALIVE}
      AND ($before IS NULL OR seq < $before) AND ($after IS NULL OR seq > $after)
      ORDER BY seq ${isBackwards ? 'ASC' : 'DESC'} LIMIT $limit`;
    const rows = this.#db
      .query<Row, { now: number; before: number | null; after: number | null; limit: number }>(sql)
      .all({ now, before: before ?? null, after: after ?? null, limit: limit + 1 });
    const page = rows.slice(0, limit);
    if (isBackwards) page.reverse();
    const last = rows.length > limit ? page.at(-1)?.seq : undefined;
    return { files: page.map(recordOf), before: last };
  }

  remove(id: string): boolean {
    return this.#db.query('DELETE FROM files WHERE id = ?').run(id).changes > 0;
  }

  /** Marks the bytes of expired files as gone, and returns the ids of these files. */
  expire(now: number): string[] {
    const sql = 'UPDATE files SET kept = 0 WHERE kept = 1 AND expires_at <= $now RETURNING id';
    return this.#db
      .query<{ id: string }, { now: number }>(sql)
      .all({ now })
      .map(({ id }) => id);
  }

  /** Forgets files that expired before `date`. */
  forget(date: number): void {
    this.#db.query('DELETE FROM files WHERE expires_at <= $date').run({ date });
  }

  close(): void {
    this.#db.close();
  }
}
