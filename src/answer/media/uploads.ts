/**
 * Gives Google the media that are too large for a request, as files of the key that answers. A client sends its whole
 * history with every turn, so what Google has is remembered, by its content, until shortly before Google removes it
 * (docs/decisions/0129-media-that-are-too-large.md).
 */
import { UpstreamError } from '../../gemini/errors.ts';
import { Places } from '../../lib/places.ts';
import { type Clock, momentOf } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import type { Backend, Files } from '../../upstream/backend.ts';
import { hasNoFilesApi } from '../../upstream/file-upload.ts';
import { SharedWork } from '../shared-work.ts';
import { hashOf, type MovedMedium } from './moved-media.ts';

/** Where a medium is at Google. Without a URI it must stand in the request: what answers has no files. */
export type PlacedMedium = { uri?: string };

export type Uploads = {
  /**
   * Resolves with the places of `media`, in their order, for requests with the key of `backend`. Rejects with an
   * UpstreamError, with a MessagesError where a file is gone, or with the signal's reason.
   */
  place(
    media: readonly MovedMedium[],
    backend: Backend,
    signal: AbortSignal,
  ): Promise<readonly PlacedMedium[]>;
  /** The same for who must not wait for an upload. Undefined where a medium would have to be uploaded. */
  known(
    media: readonly MovedMedium[],
    backend: Backend,
    signal: AbortSignal,
  ): Promise<readonly PlacedMedium[] | undefined>;
  /** To be called where Google does not have these files any more. */
  forget(uris: readonly string[]): void;
};

type Remembered = { uri: string /** Milliseconds since the epoch. */; until: number };

/** How many uploads run at once, for all requests together. Each holds one piece in memory. */
const MAX_AT_ONCE = 4;
const MOST_REMEMBERED = 4_000;
/** Milliseconds. Google removes files after 48 hours. */
const LIFE_MS = 48 * 3_600_000;
/** Milliseconds before the end in which a file is not used any more: an answer may be long, and clocks differ. */
const MARGIN_MS = 3_600_000;

export function createUploads(clock: Clock): Uploads {
  const places = new Places(MAX_AT_ONCE);
  const underWay = new SharedWork<Remembered>();
  const remembered = new RecentMap<string, Remembered>(MOST_REMEMBERED);
  const hashes = new RecentMap<string, string>(MOST_REMEMBERED);

  async function nameOf(medium: MovedMedium, { keyFingerprint }: Backend, signal: AbortSignal) {
    const { bytes, mimeType } = medium;
    const hash = (bytes.id === undefined ? undefined : hashes.get(bytes.id)) ?? (await hashOf(bytes, signal));
    if (bytes.id !== undefined) hashes.set(bytes.id, hash);
    return `${keyFingerprint} ${mimeType} ${hash}`;
  }

  function found(name: string): PlacedMedium | undefined {
    const file = remembered.get(name);
    return file && file.until > clock.monotonic() ? { uri: file.uri } : undefined;
  }

  async function upload(
    { bytes, mimeType }: MovedMedium,
    files: Files,
    signal: AbortSignal,
  ): Promise<Remembered> {
    const file = await files.upload({ mimeType, size: bytes.size, read: bytes.read }, signal);
    const now = clock.monotonic();
    const end = file.expiresAt === undefined ? now + LIFE_MS : momentOf(clock, file.expiresAt);
    return { uri: file.uri, until: end - MARGIN_MS };
  }

  async function placeOne(medium: MovedMedium, backend: Backend, signal: AbortSignal): Promise<PlacedMedium> {
    const { files } = backend;
    if (!files) return instead(medium);
    const name = await nameOf(medium, backend, signal);
    const known = found(name);
    if (known) return known;
    const begin = (wanted: AbortSignal) => places.run(() => upload(medium, files, wanted), wanted);
    try {
      const file = await underWay.run(name, begin, signal);
      remembered.set(name, file);
      return { uri: file.uri };
    } catch (error) {
      if (!files.isCertain && hasNoFilesApi(error)) return instead(medium);
      throw error;
    }
  }

  return {
    place(media, backend, signal) {
      return all(media, (medium, wanted) => placeOne(medium, backend, wanted), signal);
    },
    async known(media, backend, signal) {
      const placed: PlacedMedium[] = [];
      for (const medium of media) {
        const one = backend.files ? found(await nameOf(medium, backend, signal)) : instead(medium);
        if (!one) return undefined;
        placed.push(one);
      }
      return placed;
    },
    forget(uris) {
      for (const [name, { uri }] of [...remembered]) if (uris.includes(uri)) remembered.delete(name);
    },
  };
}

/** For what answers without a Files API: the bytes go with the request, where they are in memory. */
function instead({ data, mimeType, bytes }: MovedMedium): PlacedMedium {
  if (data !== undefined) return {};
  throw new UpstreamError(
    'not-sent',
    `what answers has no Files API for ${mimeType} of ${bytes.size} bytes`,
    {
      status: 413,
      means: 'upload-refused',
    },
  );
}

/** Does all of the work at once. Where one part fails, the others are given up. */
async function all<T, R>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal: AbortSignal,
): Promise<R[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  try {
    return await Promise.all(items.map((item) => work(item, either)));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}
