/** Deals keys in turn, by model: opus and haiku ids of one client would else take turns, and each always meet the same key. */
import { RecentMap } from '../lib/recent-map.ts';
import type { KeyRecord } from './record.ts';

/** Google has some fifty; clients may ask for any name. */
const MAX_MODELS = 1_000;

export class KeyTurns {
  readonly #turns = new RecentMap<string, number>(MAX_MODELS);

  /** The next of `all` that is among `free`. */
  next(all: readonly KeyRecord[], free: readonly KeyRecord[], model: string): KeyRecord {
    const turn = this.#turns.get(model) ?? 0;
    for (let step = 0; step < all.length; step++) {
      const record = all[(turn + step) % all.length];
      if (!record || !free.includes(record)) continue;
      this.#turns.set(model, (turn + step + 1) % all.length);
      return record;
    }
    throw new Error('no key is free');
  }
}
