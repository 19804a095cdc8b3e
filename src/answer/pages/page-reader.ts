/** Reads pages for the web fetch: only a few at once in the whole process, and each within a limit of time. */
import { abortAfter, followSignal } from '../../lib/async.ts';
import { Places } from '../../lib/places.ts';
import type { Clock } from '../../lib/ports.ts';
import type { UrlFetchPorts } from '../media/guarded-fetch.ts';
import { fetchPage, type PageContent, type WantedPage } from './fetch-page.ts';

/** `at`: when it was read, in ISO form. */
export type Page = PageContent & { at: string };

export type PageReader = {
  /** Rejects only with the signal's reason. */
  read(wanted: WantedPage, signal: AbortSignal): Promise<Page>;
};

/** Milliseconds. */
const DEADLINE_MS = 15_000;
/** How many pages are read at once, for all requests together. */
const MAX_AT_ONCE = 4;

export function createPageReader(ports: UrlFetchPorts, clock: Clock): PageReader {
  const places = new Places(MAX_AT_ONCE);

  async function within(wanted: WantedPage, signal: AbortSignal): Promise<PageContent> {
    const controller = new AbortController();
    const unfollow = followSignal(signal, controller);
    const cancel = abortAfter(DEADLINE_MS, controller, () => new Error('late'), clock);
    try {
      return await fetchPage(wanted, ports, controller.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (controller.signal.aborted) return { failed: 'url_not_accessible' };
      throw error;
    } finally {
      cancel();
      unfollow();
    }
  }

  return {
    async read(wanted, signal) {
      const content = await places.run(() => within(wanted, signal), signal);
      return { ...content, at: clock.wall().toISOString() };
    },
  };
}
