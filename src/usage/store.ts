/**
 * Keeps sums of usage in SQLite, for all processes that use one folder. What was counted is written every two seconds,
 * so a process that is killed loses that much at most; one that ends in order loses nothing.
 */
import type { Database } from 'bun:sqlite';
import type { Clock } from '../lib/ports.ts';
import { isCorrupt } from '../storage/broken-file.ts';
import { openDatabase } from '../storage/database.ts';
import {
  COUNT_NAMES,
  type Counts,
  dayOf,
  firstHourOf,
  HOUR_MS,
  hourOf,
  noCounts,
  type Place,
  type Upstream,
} from './counts.ts';
import { added, FORGET_HOURS, FORGET_SESSIONS, SCHEMA, type TableName, TO_DAYS } from './schema.ts';
import { bucketOf } from './spread.ts';

/** Milliseconds between two writes. */
export const WRITE_MS = 2_000;
/**
 * Milliseconds for which a write waits for another process that writes. Nothing else runs in this process meanwhile, so
 * after a wait in vain nothing is written until the next write is due.
 */
const BUSY_MS = 500;
/** Rows that wait to be written. Only while the file cannot be written, or under an attack, are there as many. */
const MOST_WAITING = 20_000;
const MOST_SESSIONS = 20_000;
/** Days for which hours are kept apart, days are kept apart, and sessions are kept. */
export const KEPT_DAYS = { hours: 90, days: 730, sessions: 90 } as const;

export type UsageStoreOptions = {
  /** With `:memory:` nothing is kept on disk. */
  file: string;
  upstream: Upstream;
  clock: Pick<Clock, 'wall'>;
  /** When to write: what is done to the disk follows the machine's time, whatever the time of requests is. */
  after: Clock['after'];
  /** Called once for each kind of trouble. */
  onWarning(message: string): void;
};

/** A row that waits to be written: by what it is kept, and the sums. */
type Waiting = {
  table: TableName;
  by: readonly (string | number)[];
  began: number;
  latest: number;
  counts: Counts;
  count: number;
};

export class UsageStore {
  readonly #options: UsageStoreOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #warned = new Set<string>();
  #db: Database;
  #tidiedOn: number | undefined;
  #cancelTimer: (() => void) | undefined;
  #isResting = false;
  #isClosed = false;

  /** Throws where the file cannot be used. */
  constructor(options: UsageStoreOptions) {
    this.#options = options;
    this.#db = this.#open();
  }

  /** Adds to the sums. `session`: a label of the conversation. */
  add(
    { model, asked, key, client, caller }: Place,
    session: string | undefined,
    counts: Partial<Counts>,
  ): void {
    const now = this.#now();
    const { upstream } = this.#options;
    this.#sum(this.#row('usage', [hourOf(now), upstream, model, asked, key, client, caller], now), counts);
    if (session === undefined) return;
    this.#sum(this.#row('sessions', [dayOf(now), upstream, session, model, client], now), counts);
  }

  addError({ model, key, client }: Place, type: string): void {
    const now = this.#now();
    this.#row('errors', [hourOf(now), this.#options.upstream, model, key, client, type], now).count++;
  }

  /** Adds the milliseconds to the first content of an answer. */
  addFirst({ model, key, client }: Place, ms: number): void {
    const now = this.#now();
    this.#row('firsts', [hourOf(now), this.#options.upstream, model, key, client, bucketOf(ms)], now).count++;
  }

  /** The dollars of a day that could not be written yet, by client. */
  unwritten(day: number): ReadonlyMap<string, number> {
    const clients = new Map<string, number>();
    for (const { table, by, counts } of this.#waiting.values()) {
      const [hour, , , , , client] = by;
      if (table !== 'usage' || dayOf(Number(hour) * HOUR_MS) !== day || counts.dollars === 0) continue;
      clients.set(String(client), (clients.get(String(client)) ?? 0) + counts.dollars);
    }
    return clients;
  }

  /** False while writing is not tried, since it has just failed. */
  get isWritable(): boolean {
    return !this.#isResting && !this.#isClosed;
  }

  /** To be called where somebody else has failed to use the database. */
  trouble(error: unknown): void {
    this.#rest();
    this.#warn(
      `${this.#options.file} cannot be used; limits of dollars are kept by what this process knows: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  /** The database, in which everything is that was counted here and could be written. */
  read(): Database {
    this.flush();
    return this.#db;
  }

  /** Writes what was counted. Never throws: what cannot be written now is tried again. */
  flush(): void {
    if (!this.isWritable) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const rows = [...this.#waiting];
    try {
      this.#write(rows.map(([, row]) => row));
      for (const [name] of rows) this.#waiting.delete(name);
    } catch (error) {
      this.#trouble(error);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isResting = false;
    this.flush();
    this.#cancelTimer?.();
    this.#isClosed = true;
    this.#db.close();
  }

  #now(): number {
    return this.#options.clock.wall().getTime();
  }

  #open(): Database {
    const { file, onWarning } = this.#options;
    const db = openDatabase({ file, schema: SCHEMA, now: this.#now(), onWarning });
    db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return db;
  }

  #row(table: TableName, by: readonly (string | number)[], now: number): Waiting {
    const name = `${table}\n${by.join('\n')}`;
    const known = this.#waiting.get(name);
    if (known) {
      known.latest = now;
      return known;
    }
    const row = { table, by, began: now, latest: now, counts: noCounts(), count: 0 };
    if (this.#waiting.size >= MOST_WAITING)
      this.#warn(`${MOST_WAITING} rows of usage wait to be written; more are left out`);
    else this.#waiting.set(name, row);
    this.#writeLater();
    return row;
  }

  #writeLater(): void {
    if (this.#isClosed) return;
    this.#cancelTimer ??= this.#options.after(WRITE_MS, () => {
      this.#isResting = false;
      this.flush();
    });
  }

  #rest(): void {
    this.#isResting = true;
    this.#writeLater();
  }

  #sum({ counts }: Waiting, more: Partial<Counts>): void {
    for (const name of COUNT_NAMES) counts[name] += more[name] ?? 0;
  }

  #write(rows: readonly Waiting[]): void {
    if (rows.length === 0) return;
    this.#db
      .transaction(() => {
        this.#tidyDaily();
        for (const row of rows) this.#db.query(added(row.table)).run(...valuesOf(row));
      })
      .immediate();
  }

  /** Old hours become days, and the oldest are forgotten. */
  #tidyDaily(): void {
    const today = dayOf(this.#now());
    if (this.#tidiedOn === today) return;
    this.#tidiedOn = today;
    for (const statement of TO_DAYS) this.#db.query(statement).run(firstHourOf(today - KEPT_DAYS.hours));
    for (const statement of FORGET_HOURS) this.#db.query(statement).run(firstHourOf(today - KEPT_DAYS.days));
    const [old, many] = FORGET_SESSIONS;
    this.#db.query(old ?? '').run(today - KEPT_DAYS.sessions);
    this.#db.query(many ?? '').run(MOST_SESSIONS - 1);
  }

  #trouble(error: unknown): void {
    this.#tidiedOn = undefined;
    const { file } = this.#options;
    this.#warn(
      `usage cannot be written to ${file}; it is tried again: ${error instanceof Error ? error.message : String(error)}`,
    );
    if (isCorrupt(error)) this.#reopen();
    this.#rest();
  }

  #reopen(): void {
    try {
      this.#db.close();
      this.#db = this.#open();
    } catch (error) {
      this.#warn(
        `${this.#options.file} cannot be opened again: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.onWarning(message);
  }
}

const valuesOf = ({ table, by, began, latest, counts, count }: Waiting): (string | number)[] => {
  switch (table) {
    case 'usage':
      return [...by, ...COUNT_NAMES.map((name) => counts[name])];
    case 'sessions':
      return [...by, began, latest, ...COUNT_NAMES.map((name) => counts[name])];
    default:
      return [...by, count];
  }
};
