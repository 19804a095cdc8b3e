/**
 * What is spent today, and what requests under way may still cost. It lies in the database of usage, so that it holds for
 * all processes that use one folder, and survives them.
 */
import type { Database } from 'bun:sqlite';
import { dayOf, firstHourOf, type Upstream } from './counts.ts';

/** Dollars. `reserved`: what requests under way may cost. */
export type Spending = { spent: number; reserved: number };

/** A reservation of a process that was killed is forgotten after this time: no answer takes longer. */
const HELD_MS = 900_000;

type Sum = { client: string; dollars: number };

export type LedgerOptions = {
  /** The database, in which everything is that was counted in this process. */
  read(): Database;
  upstream: Upstream;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Names a reservation. */
  newId(): string;
};

export class Ledger {
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** What each client has spent today; those without a name under the empty one. */
  today(): Map<string, Spending> {
    const { read, upstream, now } = this.#options;
    const db = read();
    const day = dayOf(now());
    const clients = new Map<string, Spending>();
    const of = (client: string): Spending => {
      const known = clients.get(client) ?? { spent: 0, reserved: 0 };
      clients.set(client, known);
      return known;
    };
    const spent = db
      .query<Sum, [number, number, string]>(
        'SELECT client, sum(dollars) AS dollars FROM usage WHERE hour >= ? AND hour < ? AND upstream = ? GROUP BY client',
      )
      .all(firstHourOf(day), firstHourOf(day + 1), upstream);
    for (const { client, dollars } of spent) of(client).spent = dollars;
    const reserved = db
      .query<Sum, [string, number]>(
        'SELECT client, sum(dollars) AS dollars FROM reserved WHERE upstream = ? AND until > ? GROUP BY client',
      )
      .all(upstream, now());
    for (const { client, dollars } of reserved) of(client).reserved = dollars;
    return clients;
  }

  /**
   * Reserves what a request may cost, unless `check` finds a reason against it. No other process comes in between. The
   * returned function gives back what was reserved; it may be called repeatedly.
   */
  reserve<Refusal>(
    { client, dollars }: { client: string; dollars: number },
    check: (today: ReadonlyMap<string, Spending>) => Refusal | undefined,
  ): { release(): void } | { refusal: Refusal } {
    const { read, upstream, now, newId } = this.#options;
    const db = read();
    const id = newId();
    const refusal = db
      .transaction((): Refusal | undefined => {
        const refused = check(this.today());
        if (refused !== undefined) return refused;
        db.query('DELETE FROM reserved WHERE until <= ?').run(now());
        db.query('INSERT INTO reserved (id, upstream, client, dollars, until) VALUES (?, ?, ?, ?, ?)').run(
          id,
          upstream,
          client,
          dollars,
          now() + HELD_MS,
        );
        return undefined;
      })
      .immediate();
    if (refusal !== undefined) return { refusal };
    return { release: () => void read().query('DELETE FROM reserved WHERE id = ?').run(id) };
  }

  /** A name of the folder, which stays the same over restarts. */
  folder(): string {
    const db = this.#options.read();
    db.query('INSERT OR IGNORE INTO folder (one, id) VALUES (1, ?)').run(this.#options.newId());
    return db.query<{ id: string }, []>('SELECT id FROM folder').get()?.id ?? '';
  }
}
