/** The facts that this instance has told and that still hold. They are told again to a Redis that has lost them, or that was away. */
import { RecentMap } from '../lib/recent-map.ts';
import { type Fact, factId, factTtl, type Notice } from './facts.ts';

/**
 * The most facts that are kept. There are fewer pairs of a key and a model. Beyond this number the oldest facts are
 * forgotten.
 */
const MAX_TOLD = 10_000;

export type Told = {
  notice: Notice;
  /** The times, by the monotonic clock, at which the fact was told and until which the fact holds. */
  at: number;
  until: number;
};

export class ToldFacts {
  readonly #told = new RecentMap<string, Told>(MAX_TOLD);

  add(id: string, notice: Notice, at: number): Told {
    const told = { notice, at, until: at + factTtl(notice.fact, notice.at) };
    this.#told.set(id, told);
    return told;
  }

  /** A fact that was told; undefined where the fact no longer holds. */
  get(id: string, now: number): Told | undefined {
    const told = this.#told.get(id);
    if (told && told.until <= now) this.#told.delete(id);
    return told && told.until > now ? told : undefined;
  }

  /** Forgets a fact, because another instance has told of the same thing later. */
  forget(fact: Fact): void {
    const id = factId(fact);
    if (id !== undefined) this.#told.delete(id);
  }

  ids(): string[] {
    return [...this.#told.keys()];
  }
}
