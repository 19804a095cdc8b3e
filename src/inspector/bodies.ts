/** Keeps bodies of requests, each beside the last one of its conversation: most of the two is the same. */
import { RecentMap } from '../lib/recent-map.ts';
import { Arena, bytesOfText, type Kept } from './arena.ts';

const MOST_CONVERSATIONS = 1_000;

export type Side = 'came' | 'sent';

export class Bodies {
  readonly arena = new Arena();
  readonly #last = {
    came: new RecentMap<string, Kept>(MOST_CONVERSATIONS),
    sent: new RecentMap<string, Kept>(MOST_CONVERSATIONS),
  };

  keep(conversation: string, side: Side, body: Uint8Array | string): Kept {
    const conversations = this.#last[side];
    const last = conversations.get(conversation);
    const kept = this.arena.keep(typeof body === 'string' ? bytesOfText(body) : body, last);
    // A title or a question between two turns is small, and nothing like them.
    if (!last || last.isGone || kept.length * 2 >= last.length) conversations.set(conversation, kept);
    return kept;
  }
}
