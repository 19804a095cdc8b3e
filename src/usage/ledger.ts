/**
 * What is spent today, and what requests under way may still cost. It lies in the database of usage, so that it holds for
 * all processes that use one folder, and survives them. While the database cannot be used (a full disk), the ledger goes
 * on with what this process knows.
 */
import type { Database } from 'bun:sqlite';
import { dayOf, firstHourOf, type Upstream } from './counts.ts';

/** Dollars. `reserved`: what requests under way may cost. */
export type Spending = { spent: number; reserved: number };

/** A reservation of a process that was killed is forgotten after this time: hardly any answer takes longer. */
export const HELD_MS = 900_000;

type Sum = { client: string; dollars: number };

const NOTHING: Spending = { spent: 0, reserved: 0 };

export type LedgerOptions = {
  /** The database, in which everything is that was counted in this process and could be written. */
  read(): Database;
  /** False while writing is not to be tried. */
  isWritable(): boolean;
  /** The dollars of a day that could not be written yet, by client. */
  unwritten(day: number): ReadonlyMap<string, number>;
  onTrouble(error: unknown): void;
  upstream: Upstream;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Names a reservation. */
  newId(): string;
};

type Reserved = { client: string; dollars: number };
type Clients = Map<string, Spending>;

export class Ledger {
  readonly #options: LedgerOptions;
  /** What the database has told last. */
  #told: { day: number; clients: Clients } = { day: 0, clients: new Map() };
  /** Reservations that could not be written, by their ids. */
  readonly #unwritten = new Map<string, Reserved>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** What each client has spent today; those without a name under the empty one. */
  today(): Clients {
    const day = dayOf(this.#options.now());
    const found = this.#try((db) => this.#look(db, day));
    return this.#withUnwritten(day, found ?? (this.#told.day === day ? this.#told.clients : new Map()));
  }

  /**
   * Reserves what a request may cost, unless `check` finds a reason against it. No other process comes in between, while
   * the database can be written. The returned function gives back what was reserved; it may be called repeatedly.
   */
  reserve<Refusal>(
    wanted: Reserved,
    check: (today: ReadonlyMap<string, Spending>) => Refusal | undefined,
  ): { release(): void } | { refusal: Refusal } {
    const id = this.#options.newId();
    const written = this.#tryToWrite((db) =>
      db
        .transaction((): { refusal: Refusal | undefined } => {
          const day = dayOf(this.#options.now());
          const refusal = check(this.#withUnwritten(day, this.#look(db, day)));
          if (refusal === undefined) this.#write(db, id, wanted);
          return { refusal };
        })
        .immediate(),
    );
    const { refusal } = written ?? { refusal: check(this.today()) };
    if (refusal !== undefined) return { refusal };
    if (!written) this.#unwritten.set(id, wanted);
    return { release: () => this.#release(id) };
  }

  #write(db: Database, id: string, { client, dollars }: Reserved): void {
    const { upstream, now } = this.#options;
    db.query('DELETE FROM reserved WHERE until <= ?').run(now());
    db.query('INSERT INTO reserved (id, upstream, client, dollars, until) VALUES (?, ?, ?, ?, ?)').run(
      id,
      upstream,
      client,
      dollars,
      now() + HELD_MS,
    );
  }

  /** What cannot be given back now ends by itself. */
  #release(id: string): void {
    if (this.#unwritten.delete(id)) return;
    this.#tryToWrite((db) => db.query('DELETE FROM reserved WHERE id = ?').run(id));
  }

  #withUnwritten(day: number, stored: ReadonlyMap<string, Spending>): Clients {
    const clients: Clients = new Map(stored);
    const add = (client: string, more: Partial<Spending>) => {
      const { spent, reserved } = clients.get(client) ?? NOTHING;
      clients.set(client, { spent: spent + (more.spent ?? 0), reserved: reserved + (more.reserved ?? 0) });
    };
    for (const [client, spent] of this.#options.unwritten(day)) add(client, { spent });
    for (const { client, dollars } of this.#unwritten.values()) add(client, { reserved: dollars });
    return clients;
  }

  #look(db: Database, day: number): Clients {
    const { upstream, now } = this.#options;
    const spent = db
      .query<Sum, [number, number, string]>(
        'SELECT client, sum(dollars) AS dollars FROM usage WHERE hour >= ? AND hour < ? AND upstream = ? GROUP BY client',
      )
      .all(firstHourOf(day), firstHourOf(day + 1), upstream);
    const clients: Clients = new Map(
      spent.map(({ client, dollars }) => [client, { spent: dollars, reserved: 0 }]),
    );
    const reserved = db
      .query<Sum, [string, number]>(
        'SELECT client, sum(dollars) AS dollars FROM reserved WHERE upstream = ? AND until > ? GROUP BY client',
      )
      .all(upstream, now());
    for (const { client, dollars } of reserved)
      clients.set(client, { spent: clients.get(client)?.spent ?? 0, reserved: dollars });
    this.#told = { day, clients };
    return clients;
  }

  #try<T>(use: (db: Database) => T): T | undefined {
    try {
      return use(this.#options.read());
    } catch (error) {
      this.#options.onTrouble(error);
      return undefined;
    }
  }

  #tryToWrite<T>(use: (db: Database) => T): T | undefined {
    return this.#options.isWritable() ? this.#try(use) : undefined;
  }

  /** A name of the folder, which stays the same over restarts. */
  folder(): string {
    const db = this.#options.read();
    db.query('INSERT OR IGNORE INTO folder (one, id) VALUES (1, ?)').run(this.#options.newId());
    return db.query<{ id: string }, []>('SELECT id FROM folder').get()?.id ?? '';
  }
}
