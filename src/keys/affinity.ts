/** Which key each session has, by model. It keeps that key, which keeps Gemini's implicit cache warm. Why: docs/decisions/0020-key-pool.md */
import { shortHash } from '../lib/hash.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { KeyRecord } from './record.ts';

/**
 * How a session without a key gets one.
 * `in-turn`: the next key. Each model has its own turn: a client asks its big and its small model alternately, and with one turn for both
 * two keys would each always get the same of the two.
 * `by-hash`: the key that comes first in an order made from the session's name. So several instances give it the same key without a word.
 */
export type Dealing = 'in-turn' | 'by-hash';

/** Sessions times models. */
const MAX_HOMES = 10_000;
/** Google has some fifty; clients may ask for any name. */
const MAX_MODELS = 1_000;
/** Milliseconds. After an hour Gemini has forgotten the prompt, and the session loses nothing by going back to the key that its hash names. */
const IDLE_MS = 3_600_000;

type Home = {
  /** Fingerprint. */
  key: string;
  usedAt: number;
};

export class Affinity {
  readonly #dealing: Dealing;
  readonly #clock: Clock;
  readonly #homes = new RecentMap<string, Home>(MAX_HOMES);
  readonly #turns = new RecentMap<string, number>(MAX_MODELS);

  constructor(dealing: Dealing, clock: Clock) {
    this.#dealing = dealing;
    this.#clock = clock;
  }

  /** Fingerprint of the key that the session has; undefined for one that has none. */
  homeOf(model: string, session: string | undefined): string | undefined {
    const home = session === undefined ? undefined : this.#homes.get(nameOf(model, session));
    if (!home || (this.#dealing === 'by-hash' && this.#clock.monotonic() - home.usedAt >= IDLE_MS))
      return undefined;
    return home.key;
  }

  /** The session is served with that key now, and keeps it. */
  settle(model: string, session: string | undefined, key: string): void {
    if (session !== undefined)
      this.#homes.set(nameOf(model, session), { key, usedAt: this.#clock.monotonic() });
  }

  /** One of `free`, which are some of `all`. Throws where none is free. */
  deal(
    model: string,
    session: string | undefined,
    all: readonly KeyRecord[],
    free: readonly KeyRecord[],
  ): KeyRecord {
    const record =
      this.#dealing === 'by-hash' && session !== undefined
        ? firstByHash(session, free)
        : this.#nextInTurn(model, all, free);
    if (!record) throw new Error('no key is free');
    return record;
  }

  #nextInTurn(model: string, all: readonly KeyRecord[], free: readonly KeyRecord[]): KeyRecord | undefined {
    const turn = this.#turns.get(model) ?? 0;
    for (let step = 0; step < all.length; step++) {
      const record = all[(turn + step) % all.length];
      if (!record || !free.includes(record)) continue;
      this.#turns.set(model, (turn + step + 1) % all.length);
      return record;
    }
    return undefined;
  }
}

const nameOf = (model: string, session: string) => `${model} ${session}`;

/** Rendezvous hashing: a new key takes its share of the sessions, a key that goes gives its own away, and all others stay. */
function firstByHash(session: string, records: readonly KeyRecord[]): KeyRecord | undefined {
  const ranked = records.map((record) => ({
    record,
    rank: shortHash(`${session} ${record.backend.keyFingerprint}`),
  }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked[0]?.record;
}
