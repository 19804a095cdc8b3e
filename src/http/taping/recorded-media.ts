/**
 * Gives the media that were found at the URLs of a recorded request, its uploaded files, and the places of what was
 * moved out of it, once more, for its replay.
 */

import type { FileReader } from '../../answer/media/file-reader.ts';
import type { PlacedMedium, Uploads } from '../../answer/media/uploads.ts';
import type { UrlFetcher } from '../../answer/media/url-fetcher.ts';
import type { PageReader } from '../../answer/pages/page-reader.ts';
import { UpstreamError, type UpstreamErrorKind } from '../../gemini/errors.ts';
import type { FailureClass } from '../../gemini/failure-class.ts';
import type { RecordedRequest, UploadOutcome } from '../../sim/cassette/types.ts';
import type { FetchedMedia, FoundFile } from '../../translate/context.ts';
import { pageOf } from './recorded-pages.ts';

type Found = NonNullable<RecordedRequest['fetched']>[number][number];

const asFile = (one: Found): FoundFile => ('problem' in one ? one : { name: '', ...one });
/** What is at a URL is never kept as text. */
const asMedia = (one: Found): FetchedMedia =>
  'data' in one || 'problem' in one ? one : { problem: 'it is no picture and no PDF' };

/** Makes all readers. They never use the network or the disk: what is not in the recording counts as not existing. */
export function recordedMedia(lookUps: NonNullable<RecordedRequest['fetched']>): {
  urlFetcher: UrlFetcher;
  fileReader: FileReader;
  pages: PageReader;
} {
  let next = 0;
  const look = () => lookUps[next++] ?? [];
  return {
    urlFetcher: { fetch: async () => look().map(asMedia) },
    fileReader: {
      read: async () => look().map(asFile),
      // Where these bytes are at Google is in the recording, too.
      open: () => ({ size: 0, read: async () => new Uint8Array() }),
    },
    pages: { read: async () => pageOf(look()[0]) },
  };
}

/** Nothing is uploaded in a replay. What is not in the recording cannot be uploaded. */
export function recordedUploads(outcomes: readonly UploadOutcome[]): Uploads {
  let next = 0;
  const known = async (): Promise<readonly PlacedMedium[] | undefined> => {
    const outcome = outcomes[next++] ?? { failed: NOT_RECORDED };
    if ('unknown' in outcome) return undefined;
    if ('uris' in outcome) return outcome.uris.map((uri) => (uri === null ? {} : { uri }));
    const { kind, message, means, ...more } = outcome.failed;
    throw new UpstreamError(kind as UpstreamErrorKind, message, { ...more, means: means as FailureClass });
  };
  return { known, place: async () => (await known()) ?? [], forget() {} };
}

const NOT_RECORDED = { kind: 'not-sent', message: 'the upload was not recorded', means: 'upload-refused' };
