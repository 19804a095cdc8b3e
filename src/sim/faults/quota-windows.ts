/** The windows of time in which a quota holds. */
import { RecentMap } from '../../lib/recent-map.ts';

/** A quota belongs to a key and a model. */
const MOST_WINDOWS = 1_024;

/** The windows of one rule: since when each is open, and how many requests it has seen. */
export class QuotaWindows {
  readonly #open = new RecentMap<string, { since: number; requests: number }>(MOST_WINDOWS);

  /**
   * Counts a request. Returns the milliseconds until the window ends, where the request is beyond `limit`; undefined
   * where it may pass. After a window the next request opens another one; with a limit of 0 there is only one window.
   */
  count(name: string, now: number, length: number, limit: number): number | undefined {
    let window = this.#open.get(name);
    if (!window || (limit > 0 && now - window.since >= length)) {
      window = { since: now, requests: 0 };
      this.#open.set(name, window);
    }
    window.requests++;
    const left = window.since + length - now;
    return window.requests > limit && left > 0 ? left : undefined;
  }
}
