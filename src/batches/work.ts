/**
 * The work on batches: which process runs which requests, and what came of them. A process owns a batch for some time,
 * and renews that while it lives. So each request runs in one process, and one that a dead process has begun runs again.
 */
import type { Database } from 'bun:sqlite';
import { OUTCOMES, type Outcome, type Task } from './batch.ts';

const DAY_MS = 86_400_000;
/** Milliseconds for which a process owns a batch. Others wait that long before they take a dead process's batch. */
const LEASE_MS = 60_000;
/** Milliseconds after creation: Anthropic keeps results for as long. */
const KEPT_MS = 29 * DAY_MS;
/** Milliseconds after creation for which it is known that there was such a batch. */
const REMEMBERED_MS = 60 * DAY_MS;
/** Milliseconds after which a batch that never became whole is left over from a process that died. */
const LEFT_OVER_MS = 3_600_000;

type At = { me: string; now: number };
const IS_OPEN = 'whole = 1 AND ended_at IS NULL';
const IS_FREE = '(owner IS NULL OR lease < $now)';

export class BatchWork {
  readonly #db: Database;
  /** The batch of which a request was taken last: batches take turns. */
  #last = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Takes the batches that nobody owns, renews those that this process owns, and ends what is at its end. */
  tend(at: At): void {
    this.#db
      .transaction(() => {
        this.#claim(at);
        this.#close('expired', `expires_at <= $now`, at);
        this.#close('canceled', 'cancelled_at IS NOT NULL', at);
        this.#end(at.now);
        this.#forget(at.now);
      })
      .immediate();
  }

  #claim({ me, now }: At): void {
    // What a dead process had begun is run again.
    this.#db
      .query(`UPDATE requests SET state = 0 WHERE state = 1 AND batch IN
        (SELECT seq FROM batches WHERE ${IS_OPEN} AND owner IS NOT $me AND ${IS_FREE})`)
      .run({ me, now });
    this.#db
      .query(
        `UPDATE batches SET owner = $me, lease = $lease WHERE ${IS_OPEN} AND (owner = $me OR ${IS_FREE})`,
      )
      .run({ me, now, lease: now + LEASE_MS });
  }

  /** Gives the requests that wait in certain batches of this process an outcome without being run. */
  #close(outcome: Outcome, which: string, { me, now }: At): void {
    this.#db
      .query(`UPDATE requests SET state = 2, outcome = $outcome, params = '' WHERE state = 0 AND batch IN
        (SELECT seq FROM batches WHERE ${IS_OPEN} AND owner = $me AND ${which.replace('$now', String(now))})`)
      .run({ outcome, me });
  }

  #end(now: number): void {
    const counts = OUTCOMES.map(
      (outcome) =>
        `${outcome} = (SELECT count(*) FROM requests WHERE batch = seq AND outcome = '${outcome}')`,
    );
    this.#db
      .query(`UPDATE batches SET ended_at = $now, owner = NULL, ${counts.join(', ')} WHERE ${IS_OPEN}
        AND NOT EXISTS (SELECT 1 FROM requests WHERE batch = seq AND state IN (0, 1))`)
      .run({ now });
  }

  #forget(now: number): void {
    const old = this.#db
      .query<{ seq: number }, { kept: number; left: number }>(
        `SELECT seq FROM batches WHERE archived_at IS NULL AND
          ((ended_at IS NOT NULL AND created_at <= $kept) OR (whole = 0 AND created_at <= $left))`,
      )
      .all({ kept: now - KEPT_MS, left: now - LEFT_OVER_MS });
    for (const { seq } of old) {
      this.#db.query('DELETE FROM requests WHERE batch = ?').run(seq);
      this.#db.query('UPDATE batches SET archived_at = ?, bytes = 0 WHERE seq = ?').run(now, seq);
    }
    this.#db
      .query('DELETE FROM batches WHERE archived_at IS NOT NULL AND (created_at <= $date OR whole = 0)')
      .run({ date: now - REMEMBERED_MS });
  }

  /** A request to run now, of the batch whose turn it is; undefined where none is ready. It counts as begun. */
  take({ me, now }: At): Task | undefined {
    const batches = this.#db
      .query<{ seq: number; id: string; headers: string }, { me: string; last: number }>(
        `SELECT seq, id, headers FROM batches WHERE ${IS_OPEN} AND owner = $me AND cancelled_at IS NULL
          ORDER BY seq <= $last, seq`,
      )
      .all({ me, last: this.#last });
    for (const { seq, id, headers } of batches) {
      const row = this.#db
        .query<{ position: number; params: string; tries: number }, { seq: number; now: number }>(
          `UPDATE requests SET state = 1, tries = tries + 1 WHERE batch = $seq AND position =
            (SELECT position FROM requests WHERE batch = $seq AND state = 0 AND not_before <= $now
              ORDER BY position LIMIT 1) RETURNING position, params, tries - 1 AS tries`,
        )
        .get({ seq, now });
      if (!row) continue;
      this.#last = seq;
      return { ...row, batch: seq, batchId: id, headers: JSON.parse(headers) };
    }
    return undefined;
  }

  /**
   * Keeps what came of a request. False where this process does not own the batch any more: then the request runs again
   * elsewhere, and this outcome must not count.
   */
  finish({ batch, position }: Task, outcome: Outcome, body: string, me: string): boolean {
    const { changes } = this.#db
      .query(`UPDATE requests SET state = 2, outcome = $outcome, body = $body, params = ''
        WHERE batch = $batch AND position = $position AND state = 1
        AND EXISTS (SELECT 1 FROM batches WHERE seq = $batch AND owner = $me)`)
      .run({ batch, position, outcome, body, me });
    if (changes > 0)
      this.#db.query('UPDATE batches SET bytes = bytes + ? WHERE seq = ?').run(body.length, batch);
    return changes > 0;
  }

  /** Lets a request wait until `notBefore`. `counts`: the attempt counts as one. */
  putBack({ batch, position }: Task, notBefore: number, counts: boolean, me: string): void {
    this.#db
      .query(`UPDATE requests SET state = 0, not_before = $notBefore, tries = tries - $back
        WHERE batch = $batch AND position = $position AND state = 1
        AND EXISTS (SELECT 1 FROM batches WHERE seq = $batch AND owner = $me)`)
      .run({ batch, position, notBefore, back: counts ? 0 : 1, me });
  }

  /** When something is to be done next; undefined where no batch is open. */
  nextAt({ me, now }: At): number | undefined {
    const row = this.#db
      .query<{ open: number; soonest: number | null; expires: number | null }, { me: string; now: number }>(
        `SELECT count(*) AS open, min(expires_at) AS expires,
          (SELECT min(not_before) FROM requests r JOIN batches b ON b.seq = r.batch
            WHERE r.state = 0 AND r.not_before > $now AND b.owner = $me AND b.ended_at IS NULL) AS soonest
          FROM batches WHERE ${IS_OPEN}`,
      )
      .get({ me, now });
    if (!row || row.open === 0) return undefined;
    return Math.min(now + LEASE_MS / 3, row.soonest ?? Infinity, Math.max(now, row.expires ?? Infinity));
  }

  /** Gives up what this process owns, so that another process need not wait. */
  release(me: string): void {
    this.#db
      .transaction(() => {
        this.#db
          .query(
            'UPDATE requests SET state = 0 WHERE state = 1 AND batch IN (SELECT seq FROM batches WHERE owner = ?)',
          )
          .run(me);
        this.#db.query('UPDATE batches SET owner = NULL, lease = 0 WHERE owner = ?').run(me);
      })
      .immediate();
  }
}
