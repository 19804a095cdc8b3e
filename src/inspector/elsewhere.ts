/**
 * The rows of the other processes that serve the same port. They are asked for while somebody looks, and only for what has
 * changed since.
 */
import type { Clock } from '../lib/ports.ts';
import type { Row } from './shapes.ts';

/** Milliseconds between two looks at the others. */
const PACE_MS = 500;

/** What a process tells of itself: the rows that have changed after `since`, and how far that goes. */
export type Told = {
  sequence: number;
  rows: readonly Row[];
  gone: readonly string[];
  streaming: number;
  kept: number;
  bytes: number;
};

/** Hears which rows have changed, and which have gone. */
export type RowListener = { changed(id: string): void; gone(id: string): void };

type Known = { told: Told; rows: Map<string, Row> };

/** Asks all others; `since` says of each how far it is known. */
export type AskRows = (since: ReadonlyMap<number, number>) => Promise<ReadonlyMap<number, Told>>;

export class Elsewhere {
  readonly #ask: AskRows;
  readonly #clock: Clock;
  readonly #known = new Map<number, Known>();
  readonly #listeners = new Set<RowListener>();
  #isAsking = false;

  constructor(ask: AskRows, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  row(id: string): Row | undefined {
    for (const { rows } of this.#known.values()) {
      const row = rows.get(id);
      if (row) return row;
    }
    return undefined;
  }

  ids(): string[] {
    return [...this.#known.values()].flatMap(({ rows }) => [...rows.keys()]);
  }

  sums(): { streaming: number; kept: number; bytes: number } {
    const sum = { streaming: 0, kept: 0, bytes: 0 };
    for (const { told } of this.#known.values()) {
      sum.streaming += told.streaming;
      sum.kept += told.kept;
      sum.bytes += told.bytes;
    }
    return sum;
  }

  listen(listener: RowListener): () => void {
    this.#listeners.add(listener);
    void this.#look();
    return () => void this.#listeners.delete(listener);
  }

  /** Looks again and again while somebody listens. */
  async #look(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#listeners.size > 0) {
      const since = new Map([...this.#known].map(([worker, { told }]) => [worker, told.sequence]));
      const all = await this.#ask(since);
      if (all.size === 0 && this.#known.size === 0) break;
      this.#hear(all);
      await this.#clock.sleep(PACE_MS);
    }
    this.#isAsking = false;
  }

  #hear(all: ReadonlyMap<number, Told>): void {
    for (const worker of [...this.#known.keys()]) if (!all.has(worker)) this.#forget(worker);
    for (const [worker, told] of all) {
      const rows = this.#known.get(worker)?.rows ?? new Map<string, Row>();
      this.#known.set(worker, { told, rows });
      for (const row of told.rows) rows.set(row.id, row);
      for (const id of told.gone) rows.delete(id);
      for (const { changed, gone } of this.#listeners) {
        for (const row of told.rows) changed(row.id);
        for (const id of told.gone) gone(id);
      }
    }
  }

  /** What a process that has ended had kept is gone with it. */
  #forget(worker: number): void {
    const ids = [...(this.#known.get(worker)?.rows.keys() ?? [])];
    this.#known.delete(worker);
    for (const { gone } of this.#listeners) for (const id of ids) gone(id);
  }
}
