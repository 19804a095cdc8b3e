/** What was at the URLs of a recorded request, again. */

import type { UrlFetcher } from '../../answer/media/url-fetcher.ts';
import type { RecordedRequest } from '../../sim/cassette/types.ts';

/** Reaches no network: what is not recorded was not there. */
export function recordedFetcher(lookUps: NonNullable<RecordedRequest['fetched']>): UrlFetcher {
  let next = 0;
  return {
    async fetch() {
      const found = lookUps[next] ?? [];
      next++;
      return found;
    },
  };
}
