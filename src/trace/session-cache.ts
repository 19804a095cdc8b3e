/** Sums up how much of a session's prompts came from the cache. */
import { RecentMap } from '../lib/recent-map.ts';
import type { Summary } from './summary.ts';

const MAX_SESSIONS = 2_000;

type Sums = { requests: number; prompt: number; cached: number };

/** What a session's line tells. `percent`: the share of all its prompts until now that came from the cache. */
export type SessionShare = { percent: number; isFirst: boolean };

export class SessionCache {
  readonly #sessions = new RecentMap<string, Sums>(MAX_SESSIONS);

  /** To be called once for each request, when the request has ended. Undefined where the client names no session, or nothing was read. */
  add({ asked, usage }: Summary): SessionShare | undefined {
    if (asked?.session === undefined || !usage || usage.in + usage.cached === 0) return undefined;
    const before = this.#sessions.get(asked.session) ?? { requests: 0, prompt: 0, cached: 0 };
    const sums: Sums = {
      requests: before.requests + 1,
      prompt: before.prompt + usage.in + usage.cached,
      cached: before.cached + usage.cached,
    };
    this.#sessions.set(asked.session, sums);
    return { percent: Math.round((100 * sums.cached) / sums.prompt), isFirst: before.requests === 0 };
  }
}
