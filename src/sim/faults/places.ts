/**
 * Says where a request stands: what it asks, and how often that was asked before. Chance hangs on this, and not on the
 * order in which requests come: so requests that come at the same time have the same luck on every run.
 */
import { contentHash } from '../../lib/hash.ts';
import type { Exchange } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';

const MOST = 4_096;
/** What differs from run to run in the same conversation: ids of calls and responses, and signatures. */
const FLEETING = /"(?:id|thoughtSignature)": ?"[^"]*"/g;

export class Places {
  readonly #asked = new RecentMap<string, number>(MOST);

  /** Counts the request. */
  of(body: unknown, { labels }: Exchange): string {
    const said = typeof body === 'string' ? body.replace(FLEETING, '') : '';
    const name = contentHash(`${labels['caller'] ?? ''}\n${said}`);
    const times = (this.#asked.get(name) ?? 0) + 1;
    this.#asked.set(name, times);
    return `${name}/${times}`;
  }
}
