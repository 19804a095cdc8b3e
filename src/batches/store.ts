/**
 * Keeps batches, their requests and their results in SQLite. Several processes may use the same folder. Why:
 * docs/decisions/0106-batches.md
 */
import type { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessagesError } from '../anthropic/errors.ts';
import { othersFirst } from '../lib/async.ts';
import type { Clock, Ids } from '../lib/ports.ts';
import { openDatabase } from '../storage/database.ts';
import type { Batch, BatchRequest, ListWanted, ResultLine } from './batch.ts';
import { SCHEMA } from './schema.ts';
import { BatchWork } from './work.ts';

const MB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** How many requests are written, or results read, at once. Others are served in between. */
const PIECE = 500;

export type BatchStoreOptions = {
  folder: string;
  /** Bytes of all requests and results together. */
  totalBytes: number;
  clock: Clock;
  ids: Ids;
  onWarning(message: string): void;
};

type Row = {
  seq: number;
  id: string;
  total: number;
  created_at: number;
  expires_at: number;
  cancelled_at: number | null;
  ended_at: number | null;
  archived_at: number | null;
  succeeded: number;
  errored: number;
  canceled: number;
  expired: number;
};

const batchOf = (row: Row): Batch => ({
  id: row.id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  cancelledAt: row.cancelled_at ?? undefined,
  endedAt: row.ended_at ?? undefined,
  archivedAt: row.archived_at ?? undefined,
  total: row.total,
  counts: row,
});

export class BatchStore {
  readonly #options: BatchStoreOptions;
  #opened: { db: Database; work: BatchWork } | undefined;

  constructor(options: BatchStoreOptions) {
    this.#options = options;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#options.clock.wall().getTime();
  }

  /** True where there may be batches: most proxies never see one, and open no file for them. */
  exists(): boolean {
    return this.#opened !== undefined || existsSync(this.#file);
  }

  get work(): BatchWork {
    return this.#open().work;
  }

  /**
   * Keeps a new batch. It is on the disk when this resolves. Rejects with a MessagesError where there is no room for it.
   */
  async create(requests: readonly BatchRequest[], headers: Readonly<Record<string, string>>): Promise<Batch> {
    const { db } = this.#open();
    const id = this.#options.ids.next('msgbatch_');
    const bytes = requests.reduce((sum, { params }) => sum + params.length, 0);
    this.#checkRoom(bytes);
    const now = this.now();
    const { lastInsertRowid: seq } = db
      .query(`INSERT INTO batches (id, headers, total, bytes, created_at, expires_at)
        VALUES ($id, $headers, $total, $bytes, $now, $expires)`)
      .run({
        id,
        headers: JSON.stringify(headers),
        total: requests.length,
        bytes,
        now,
        expires: now + DAY_MS,
      });
    for (let from = 0; from < requests.length; from += PIECE) {
      this.#insert(Number(seq), from, requests.slice(from, from + PIECE));
      await othersFirst();
    }
    // Until now nobody sees the batch.
    db.query('UPDATE batches SET whole = 1 WHERE seq = ?').run(seq);
    const batch = this.find(id);
    if (!batch) throw new Error(`the batch ${id} was not kept`);
    return batch;
  }

  find(id: string): Batch | undefined {
    const row = this.#open()
      .db.query<Row, [string]>('SELECT * FROM batches WHERE id = ? AND whole = 1')
      .get(id);
    return row ? batchOf(row) : undefined;
  }

  /** A page of batches, newest first, and whether there are more. Undefined where the id that it names is unknown. */
  page({ limit, afterId, beforeId }: ListWanted): { batches: Batch[]; hasMore: boolean } | undefined {
    const after = this.#placeOf(afterId);
    const before = this.#placeOf(beforeId);
    if (after === null || before === null) return undefined;
    const isBackwards = before !== undefined && after === undefined;
    const rows = this.#open()
      .db.query<Row, { after: number | null; before: number | null; limit: number }>(
        `SELECT * FROM batches WHERE whole = 1 AND ($after IS NULL OR seq < $after)
          AND ($before IS NULL OR seq > $before) ORDER BY seq ${isBackwards ? 'ASC' : 'DESC'} LIMIT $limit`,
      )
      .all({ after: after ?? null, before: before ?? null, limit: limit + 1 });
    const page = rows.slice(0, limit);
    if (isBackwards) page.reverse();
    return { batches: page.map(batchOf), hasMore: rows.length > limit };
  }

  /** Begins to cancel a batch: what waits is not run any more. */
  cancel(id: string): void {
    this.#open()
      .db.query(
        'UPDATE batches SET cancelled_at = ? WHERE id = ? AND cancelled_at IS NULL AND ended_at IS NULL',
      )
      .run(this.now(), id);
  }

  /** Deletes a batch that has ended. */
  remove(id: string): void {
    const { db } = this.#open();
    db.transaction(() => {
      db.query('DELETE FROM requests WHERE batch = (SELECT seq FROM batches WHERE id = ?)').run(id);
      db.query('DELETE FROM batches WHERE id = ?').run(id);
    }).immediate();
  }

  /** The results behind a position, in the order of the requests. Ask again with `next` until it is undefined. */
  results(id: string, from = -1): { lines: ResultLine[]; next: number | undefined } {
    const rows = this.#open()
      .db.query<ResultLine & { position: number }, { id: string; from: number }>(
        `SELECT position, custom_id AS customId, outcome, body FROM requests
          WHERE batch = (SELECT seq FROM batches WHERE id = $id) AND position > $from ORDER BY position LIMIT ${PIECE}`,
      )
      .all({ id, from });
    return { lines: rows, next: rows.length < PIECE ? undefined : rows.at(-1)?.position };
  }

  close(): void {
    this.#opened?.db.close();
    this.#opened = undefined;
  }

  get #file(): string {
    return join(this.#options.folder, 'batches.sqlite');
  }

  #open(): { db: Database; work: BatchWork } {
    if (this.#opened) return this.#opened;
    const { onWarning } = this.#options;
    const db = openDatabase({ file: this.#file, schema: SCHEMA, now: this.now(), onWarning });
    this.#opened = { db, work: new BatchWork(db) };
    return this.#opened;
  }

  #insert(batch: number, from: number, requests: readonly BatchRequest[]): void {
    const { db } = this.#open();
    const insert = db.query('INSERT INTO requests (batch, position, custom_id, params) VALUES (?, ?, ?, ?)');
    db.transaction(() => {
      requests.forEach(
        ({ customId, params }, index) => void insert.run(batch, from + index, customId, params),
      );
    }).immediate();
  }

  /** Null for an id that is unknown. */
  #placeOf(id: string | undefined): number | null | undefined {
    if (id === undefined) return undefined;
    const row = this.#open()
      .db.query<{ seq: number }, [string]>('SELECT seq FROM batches WHERE id = ?')
      .get(id);
    return row?.seq ?? null;
  }

  #checkRoom(bytes: number): void {
    const { totalBytes } = this.#options;
    const row = this.#open()
      .db.query<{ used: number }, []>('SELECT coalesce(sum(bytes), 0) AS used FROM batches')
      .get();
    if ((row?.used ?? 0) + bytes <= totalBytes) return;
    throw new MessagesError(
      'invalid_request_error',
      `The batches that the proxy keeps would exceed ${totalBytes / MB} MB (BATCHES_TOTAL_MB). Delete batches to free up space, then try again`,
      { details: { error_code: 'storage_quota_exceeded' } },
    );
  }
}
