/**
 * Remembers Google's token counts. `/context` of Claude Code asks for some 28 counts at once, several of them alike, and
 * most of them again each time. Equal requests that are under way are sent once, and an equal request later is not sent
 * at all: Google always counts the same content alike.
 */
import { contentHash } from '../../lib/hash.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import { SharedWork } from '../shared-work.ts';

/** What is counted, and the key with which. */
export type CountOf = { model: string; body: string; key: string };

const MOST_COUNTS = 4_000;

/** What is behind a URL may change, so its count is not kept. */
const isLasting = (body: string): boolean => !body.includes('"fileData"');

export class TokenCounts {
  readonly #known = new RecentMap<string, number>(MOST_COUNTS);
  readonly #asked = new SharedWork<number>();

  /** Google's count of the same body, if it has counted it before, with whichever key. */
  known(model: string, body: string): number | undefined {
    return this.#known.get(nameOf(model, body));
  }

  /**
   * Resolves with Google's count. `ask` sends the request, unless an equal one is under way with the same key. (With
   * another key a failure would be blamed on the wrong one.) The request is given up once nobody waits for it.
   */
  async count(
    of: CountOf,
    ask: (signal: AbortSignal) => Promise<number>,
    signal: AbortSignal,
  ): Promise<number> {
    const name = nameOf(of.model, of.body);
    const before = this.#known.get(name);
    if (before !== undefined) return before;
    const tokens = await this.#asked.run(`${name} ${of.key}`, ask, signal);
    if (isLasting(of.body)) this.#known.set(name, tokens);
    return tokens;
  }
}

/** The length beside the hash: bodies of equal hash and unequal length are told apart at no cost. */
const nameOf = (model: string, body: string): string => `${model} ${body.length} ${contentHash(body)}`;
