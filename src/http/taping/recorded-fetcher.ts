/** Gives again what was at the URLs of a recorded request. */

import type { UrlFetcher } from '../../answer/media/url-fetcher.ts';
import type { RecordedRequest } from '../../sim/cassette/types.ts';

/** It never uses the network: what is not recorded does not exist. */
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
