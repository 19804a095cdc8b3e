/**
 * Gives the media that were found at the URLs of a recorded request, and its uploaded files, once more, for its replay.
 */

import type { FileReader } from '../../answer/media/file-reader.ts';
import type { UrlFetcher } from '../../answer/media/url-fetcher.ts';
import type { RecordedRequest } from '../../sim/cassette/types.ts';
import type { FetchedMedia, FoundFile } from '../../translate/context.ts';

type Found = NonNullable<RecordedRequest['fetched']>[number][number];

const asFile = (one: Found): FoundFile => ('problem' in one ? one : { name: '', ...one });
/** What is at a URL is never kept as text. */
const asMedia = (one: Found): FetchedMedia =>
  'text' in one ? { problem: 'it is no picture and no PDF' } : one;

/** Makes both readers. They never use the network or the disk: what is not in the recording counts as not existing. */
export function recordedMedia(lookUps: NonNullable<RecordedRequest['fetched']>): {
  urlFetcher: UrlFetcher;
  fileReader: FileReader;
} {
  let next = 0;
  const look = () => lookUps[next++] ?? [];
  return {
    urlFetcher: { fetch: async () => look().map(asMedia) },
    fileReader: { read: async () => look().map(asFile) },
  };
}
