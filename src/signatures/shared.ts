/**
 * Shares signatures between instances: while Redis works, every instance finds the signatures of all. Each instance
 * also keeps its own on disk.
 */
import type { RedisLink } from '../cluster/link.ts';
import { charsUpTo, RecentMap } from '../lib/recent-map.ts';
import type { SignatureStore } from './store.ts';

const PREFIX = 'gemini-proxy:signature:';
const TTL_MS = 7 * 24 * 3_600_000;
/**
 * Milliseconds that a request may wait for Redis: without a signature the answer is a little worse, but without a limit
 * there might be no answer.
 */
const GET_LIMIT_MS = 50;
/**
 * The most characters of the latest signatures that are kept here. They are sent again to a Redis that was away, or
 * that has lost them.
 */
const RECENT_CHARS = 2_000_000;

/** Makes the shared store. Closing the store does not close `link`. */
export function shareSignatures(local: SignatureStore, link: RedisLink): SignatureStore {
  const recent = new RecentMap<string, string>(Infinity, charsUpTo(RECENT_CHARS));
  const entry = (key: string, envelope: string) => [PREFIX + key, envelope, 'PX', String(TTL_MS)];
  link.onConnect(async () => {
    const again = [...recent].map(([key, envelope]) => [...entry(key, envelope), 'NX']);
    // A Redis that accepts no writes at present can still be read.
    await Promise.allSettled(again.map((args) => link.request('SET', args)));
  });
  return {
    async get(keys) {
      const found = await local.get(keys);
      const missing = keys.filter((key) => !found.has(key));
      if (missing.length === 0) return found;
      const names = missing.map((key) => PREFIX + key);
      const answer = await link.ask('MGET', names, GET_LIMIT_MS);
      const envelopes: unknown[] = Array.isArray(answer) ? answer : [];
      for (const [index, key] of missing.entries()) {
        const envelope = envelopes[index];
        if (typeof envelope !== 'string') continue;
        found.set(key, envelope);
        // The signature is also kept here, because the next request of the conversation asks for it again.
        local.put(key, envelope);
      }
      return found;
    },
    put(key, envelope) {
      local.put(key, envelope);
      recent.set(key, envelope);
      link.send('SET', entry(key, envelope));
    },
    close: () => local.close(),
  };
}
