/**
 * Keeps the requests of clients so that a test can ask what its program has sent. Each test id has a list of its own, and
 * no test can push out what another one needs: where there is no room, the longest list gives way.
 */
import { JournaledRequest } from './journaled-request.ts';

/** The most requests of one test id. */
const MOST_REQUESTS = 1_000;
/** Bytes of all lists together. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The most requests that can be asked for by number; more than are ever kept. */
export const MOST_WANTED = 999_999;

export type JournalBounds = { requests: number; bytes: number };

type List = { requests: JournaledRequest[]; bytes: number; dropped: number };

export class Journal {
  readonly #lists = new Map<string, List>();
  readonly #most: JournalBounds;
  #bytes = 0;
  #number = 0;

  constructor(most: JournalBounds = { requests: MOST_REQUESTS, bytes: MOST_BYTES }) {
    this.#most = most;
  }

  /** Begins an entry. It is in the list from then on, and grows while the request is answered. */
  open(testId: string, request: Request): JournaledRequest {
    const list = this.#lists.get(testId) ?? { requests: [], bytes: 0, dropped: 0 };
    this.#lists.set(testId, list);
    const entry: JournaledRequest = new JournaledRequest(testId, request, ++this.#number, (bytes) => {
      if (entry.isDropped) return;
      this.#count(list, bytes);
      this.#makeRoom(entry);
    });
    list.requests.push(entry);
    this.#count(list, entry.cost);
    if (list.requests.length > this.#most.requests) this.#dropFirst(list);
    this.#makeRoom(entry);
    return entry;
  }

  /** The requests of one test id, or of all, in the order of arrival; and how many more there were. */
  read(testId?: string): { requests: readonly JournaledRequest[]; dropped: number } {
    const lists = testId === undefined ? [...this.#lists.values()] : [this.#lists.get(testId)];
    const found = lists.filter((list) => list !== undefined);
    return {
      requests: found.flatMap(({ requests }) => requests).sort((a, b) => a.number - b.number),
      dropped: found.reduce((sum, { dropped }) => sum + dropped, 0),
    };
  }

  /** Forgets the requests of one test id, or of all. What is under way then is in no list any more. */
  forget(testId?: string): void {
    for (const id of testId === undefined ? [...this.#lists.keys()] : [testId]) {
      const list = this.#lists.get(id);
      this.#lists.delete(id);
      this.#bytes -= list?.bytes ?? 0;
      for (const entry of list?.requests ?? []) entry.isDropped = true;
    }
  }

  #count(list: List, bytes: number): void {
    list.bytes += bytes;
    this.#bytes += bytes;
  }

  /** The entry that has just grown stays, however large it is. */
  #makeRoom(newest: JournaledRequest): void {
    while (this.#bytes > this.#most.bytes) {
      const [longest] = [...this.#lists.values()]
        .filter(({ requests }) => requests[0] !== undefined && requests[0] !== newest)
        .sort((a, b) => b.bytes - a.bytes);
      if (!longest) return;
      this.#dropFirst(longest);
    }
  }

  #dropFirst(list: List): void {
    const first = list.requests.shift();
    if (!first) return;
    first.isDropped = true;
    list.dropped++;
    this.#count(list, -first.cost);
  }
}
