/**
 * Reads all media that a request names by URL, within one limit of time and bytes, and only a few at once in the whole
 * process.
 */
import { abortAfter, followSignal } from '../../lib/async.ts';
import { Places } from '../../lib/places.ts';
import type { Clock } from '../../lib/ports.ts';
import type { FetchedMedia } from '../../translate/context.ts';
import { fetchUrl, type WantedUrl } from './fetch-media.ts';
import type { ByteBudget, UrlFetchPorts } from './guarded-fetch.ts';

export type UrlFetcher = {
  /** Gives what is at each of `urls`, in the order of `urls`. Rejects only with the signal's reason. */
  fetch(urls: readonly WantedUrl[], signal: AbortSignal): Promise<readonly FetchedMedia[]>;
};

/** Milliseconds for all media of a request together. */
const DEADLINE_MS = 15_000;
/** Bytes of all media of a request together. Google's own limit for a request is the same. */
const MAX_BYTES = 20 * 1024 * 1024;
/** How many URLs a request may name. Anthropic accepts as many pictures. */
const MAX_URLS = 100;
/** How many URLs are read at once, for all requests together. */
const MAX_AT_ONCE = 8;

const LATE = { problem: `it was not read within ${DEADLINE_MS / 1000} s` };
const TOO_MANY = { problem: `only ${MAX_URLS} URLs of a request are read` };

export function createUrlFetcher(ports: UrlFetchPorts, clock: Clock): UrlFetcher {
  const places = new Places(MAX_AT_ONCE);

  async function fetchOne(wanted: WantedUrl, budget: ByteBudget, late: AbortSignal): Promise<FetchedMedia> {
    try {
      return await places.run(() => fetchUrl(wanted, budget, ports, late), late);
    } catch (error) {
      if (late.aborted) return LATE;
      throw error;
    }
  }

  return {
    async fetch(urls, signal) {
      signal.throwIfAborted();
      const controller = new AbortController();
      const unfollow = followSignal(signal, controller);
      const cancel = abortAfter(DEADLINE_MS, controller, () => new Error('late'), clock);
      const budget = { left: MAX_BYTES };
      try {
        const all = await Promise.all(
          urls.map((wanted, index) =>
            index < MAX_URLS ? fetchOne(wanted, budget, controller.signal) : TOO_MANY,
          ),
        );
        signal.throwIfAborted();
        return all;
      } finally {
        cancel();
        unfollow();
      }
    },
  };
}
