/**
 * The rows of the other processes that serve the same port. They are asked for while somebody looks, and only for what has
 * changed since.
 */
import type { Clock } from '../lib/ports.ts';
import type { Row } from './shapes.ts';

/** Milliseconds between two looks at the others. */
const PACE_MS = 500;
/** A process that has not answered so often has ended, and is not only busy. */
const GONE_AFTER = 3;

/** What a process tells of itself: the rows that have changed after `since`, and how far that goes. */
export type Told = {
  sequence: number;
  rows: readonly Row[];
  gone: readonly string[];
  streaming: number;
  kept: number;
  /** Requests that were not kept, because many came and nobody looked. */
  passedOver: number;
  bytes: number;
};

export type Sums = Pick<Told, 'streaming' | 'kept' | 'passedOver' | 'bytes'>;

/** Hears which rows have changed, and which have gone. */
export type RowListener = { changed(id: string): void; gone(id: string): void };

/** `missed`: how often in a row it has not answered. */
type Known = { told: Told; rows: Map<string, Row>; missed: number };

/** Asks all others; `since` says of each how far it is known. */
export type AskRows = (since: ReadonlyMap<number, number>) => Promise<ReadonlyMap<number, Told>>;

export class Elsewhere {
  readonly #ask: AskRows | undefined;
  readonly #clock: Clock;
  readonly #known = new Map<number, Known>();
  readonly #listeners = new Set<RowListener>();
  #isAsking = false;

  /** `ask`: undefined where this process serves alone. */
  constructor(ask: AskRows | undefined, clock: Clock) {
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

  rows(): Row[] {
    return [...this.#known.values()].flatMap(({ rows }) => [...rows.values()]);
  }

  ids(): string[] {
    return [...this.#known.values()].flatMap(({ rows }) => [...rows.keys()]);
  }

  sums(): Sums {
    const sum = { streaming: 0, kept: 0, passedOver: 0, bytes: 0 };
    for (const { told } of this.#known.values()) {
      sum.streaming += told.streaming;
      sum.kept += told.kept;
      sum.passedOver += told.passedOver;
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
    const ask = this.#ask;
    if (!ask || this.#isAsking) return;
    this.#isAsking = true;
    while (this.#listeners.size > 0) {
      const since = new Map([...this.#known].map(([worker, { told }]) => [worker, told.sequence]));
      this.#hear(await ask(since));
      await this.#clock.sleep(PACE_MS);
    }
    this.#isAsking = false;
  }

  #hear(all: ReadonlyMap<number, Told>): void {
    for (const [worker, known] of [...this.#known]) {
      known.missed = all.has(worker) ? 0 : known.missed + 1;
      if (known.missed >= GONE_AFTER) this.#forget(worker);
    }
    for (const [worker, told] of all) {
      const rows = this.#known.get(worker)?.rows ?? new Map<string, Row>();
      this.#known.set(worker, { told, rows, missed: 0 });
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
