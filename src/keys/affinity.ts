/** Which key a session was given, by model: it keeps it, which keeps Gemini's implicit cache warm. */
import { RecentMap } from '../lib/recent-map.ts';

/** The oldest go first, and get a key anew. */
const MAX_HOMES = 10_000;

export class Homes<K> {
  readonly #homes = new RecentMap<string, K>(MAX_HOMES);

  of(model: string, session: string): K | undefined {
    return this.#homes.get(`${model} ${session}`);
  }

  /** True where the session moved, or is new. */
  settle(model: string, session: string, key: K): boolean {
    const home = `${model} ${session}`;
    const moved = this.#homes.get(home) !== key;
    this.#homes.set(home, key);
    return moved;
  }
}
