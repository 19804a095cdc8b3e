/**
 * Remembers which key each session has, for each model. A session keeps its key, because Gemini's implicit cache
 * belongs to the key. Why: docs/decisions/0020-key-pool.md
 */
import { shortHash } from '../lib/hash.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { KeyRecord } from './record.ts';

/**
 * How a session without a key gets one.
 * `in-turn`: the next key. Each model has its own turn. A client asks its big and its small model alternately; with one turn for both models,
 * two keys would share the work badly: one would get every request for the big model, and the other every request for the small one.
 * `by-hash`: the key that comes first in an order made from the session's name. So several instances give the session the same key, and need not tell each other.
 */
export type Dealing = 'in-turn' | 'by-hash';

/** How many pairs of a session and a model are remembered. */
const MAX_HOMES = 10_000;
/** How many models have a turn. Google has about fifty models, but clients may ask for any name. */
const MAX_MODELS = 1_000;
/** Milliseconds. After an hour Gemini has forgotten the prompt, and the session loses nothing by going back to the key that its hash names. */
const IDLE_MS = 3_600_000;

type Home = {
  /** The fingerprint of the session's key. */
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

  /** The fingerprint of the session's key; undefined where the session has none. */
  homeOf(model: string, session: string | undefined): string | undefined {
    const home = session === undefined ? undefined : this.#homes.get(nameOf(model, session));
    if (!home || (this.#dealing === 'by-hash' && this.#clock.monotonic() - home.usedAt >= IDLE_MS))
      return undefined;
    return home.key;
  }

  /** Gives the session this key. The session keeps it for later requests. */
  settle(model: string, session: string | undefined, key: string): void {
    if (session !== undefined)
      this.#homes.set(nameOf(model, session), { key, usedAt: this.#clock.monotonic() });
  }

  /** Chooses one of `free`. `free` holds those keys of `all` that may be asked now. Throws where `free` is empty. */
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

/**
 * Rendezvous hashing. A new key takes its share of the sessions from the other keys. When a key goes, its sessions are shared among the
 * other keys. All other sessions keep their keys.
 */
function firstByHash(session: string, records: readonly KeyRecord[]): KeyRecord | undefined {
  const ranked = records.map((record) => ({
    record,
    rank: shortHash(`${session} ${record.backend.keyFingerprint}`),
  }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked[0]?.record;
}
