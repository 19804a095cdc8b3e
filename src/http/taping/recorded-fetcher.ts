/** Gives the media that were found at the URLs of a recorded request once more, for its replay. */

import type { UrlFetcher } from '../../answer/media/url-fetcher.ts';
import type { RecordedRequest } from '../../sim/cassette/types.ts';

/** Makes that fetcher. It never uses the network: a URL that is not in the recording counts as not existing. */
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
