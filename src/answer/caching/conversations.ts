/**
 * Remembers which beginnings of prompts were sent, how often they were sent again, and what Google's own caching gave
 * then. From this it is decided what is worth keeping.
 */
import type { Clock } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';

export type Sent = {
  /** How often this beginning was sent after the first time, or the conversation of which it was all. */
  reuses: number;
  /** True for all of a prompt that was to be cached: a longer prompt that begins with it goes on from it. */
  isEnd: boolean;
  /** The tokens of the beginning. */
  tokens: number;
  /** The tokens that were sent again and read anew, since something of it was kept. */
  missed: number;
  /**
   * The tokens of the prompt that Google has cached by itself, when it was last asked without a kept prompt. Undefined
   * until an answer to it has ended.
   */
  read: number | undefined;
};

const MOST = 5_000;

export class Conversations {
  readonly #sent = new RecentMap<string, Sent & { at: number }>(MOST);
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * What is known of the beginning `name`; and else of the first of `earlier` that was all of a prompt. Nothing that is
   * older than `ms` counts.
   */
  before(name: string, earlier: readonly string[], ms: number): Sent | undefined {
    const own = this.#within(name, ms);
    if (own) return own;
    for (const one of earlier) {
      const sent = this.#within(one, ms);
      if (sent?.isEnd) return sent;
    }
    return undefined;
  }

  note(name: string, { reuses, isEnd, tokens, missed, read }: Sent): void {
    this.#sent.set(name, { reuses, isEnd, tokens, missed, read, at: this.#clock.monotonic() });
  }

  #within(name: string, ms: number): Sent | undefined {
    const sent = this.#sent.get(name);
    return sent && sent.at >= this.#clock.monotonic() - ms ? sent : undefined;
  }
}
