/** Hears the live stream of the proxy, and keeps what it tells: the rows, and how things stand. */
import type { LiveMessage, Row } from '../../../../inspector/shapes.ts';
import { keepKey, Locked, lines, Refused, readKey } from './api.ts';

type Told<Type extends LiveMessage['type']> = Extract<LiveMessage, { type: Type }>;
export type Hello = Told<'hello'>;
export type State = Told<'state'>;

export type Connection =
  | { is: 'loading' }
  | { is: 'live' }
  /** The proxy wants its key. `wasWrong`: a key was given, and is not the one. */
  | { is: 'locked'; wasWrong: boolean; isClosed: boolean; why: string }
  /** The proxy does not answer. It is asked again at `retryAt`. */
  | { is: 'gone'; since: number; retryAt: number; why: string };

export type Snapshot = {
  connection: Connection;
  hello: Hello | undefined;
  state: State | undefined;
  /** In the order in which they came. */
  rows: readonly Row[];
  /** The number of the last row that came; each new row has the next one. */
  latest: number;
  arrivalOf(id: string): number;
};

/** Milliseconds. */
const FIRST_RETRY = 1_000;
const LAST_RETRY = 15_000;

export class Live {
  #rows = new Map<string, Row>();
  /** The number of each row, kept over a lost connection, so that old rows do not count as new ones. */
  #arrivals = new Map<string, number>();
  #latest = 0;
  #hello: Hello | undefined;
  #state: State | undefined;
  #connection: Connection = { is: 'loading' };
  #lastHeard = Date.now();
  #retry = FIRST_RETRY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot | undefined;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same object until something changes. */
  get snapshot(): Snapshot {
    this.#snapshot ??= {
      connection: this.#connection,
      hello: this.#hello,
      state: this.#state,
      rows: [...this.#rows.values()],
      latest: this.#latest,
      arrivalOf: (id) => this.#arrivals.get(id) ?? 0,
    };
    return this.#snapshot;
  }

  connect(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#stop = new AbortController();
    void this.#read(this.#stop.signal);
  }

  unlock(key: string): void {
    keepKey(key);
    this.#change({ is: 'loading' });
    this.connect();
  }

  async #read(signal: AbortSignal): Promise<void> {
    try {
      for await (const message of lines<LiveMessage>('live', signal)) this.#hear(message);
      throw new Error('the proxy has closed the connection');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Locked) {
        const { isClosed, message } = error;
        this.#change({ is: 'locked', wasWrong: readKey() !== '', isClosed, why: message });
        return;
      }
      this.#loseConnection(error);
    }
  }

  #loseConnection(error: unknown): void {
    const since = this.#connection.is === 'gone' ? this.#connection.since : this.#lastHeard;
    const why = error instanceof Refused ? error.message : '';
    this.#change({ is: 'gone', since, retryAt: Date.now() + this.#retry, why });
    this.#timer = setTimeout(() => this.connect(), this.#retry);
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
  }

  #hear(message: LiveMessage): void {
    this.#lastHeard = Date.now();
    if (message.type === 'hello') {
      this.#hello = message;
      this.#rows.clear();
      this.#retry = FIRST_RETRY;
    } else if (message.type === 'state') {
      this.#state = message;
    } else {
      for (const row of message.rows) this.#keep(row);
      for (const id of message.gone ?? []) {
        this.#rows.delete(id);
        this.#arrivals.delete(id);
      }
    }
    this.#change({ is: 'live' });
  }

  #keep(row: Row): void {
    if (!this.#arrivals.has(row.id)) this.#arrivals.set(row.id, ++this.#latest);
    this.#rows.set(row.id, row);
  }

  #change(connection: Connection): void {
    this.#connection = connection;
    this.#snapshot = undefined;
    for (const listener of this.#listeners) listener();
  }
}
