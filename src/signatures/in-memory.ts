/** Keeps thought signatures in memory, for requests that nobody goes on with in another process. */
import { RecentMap } from '../lib/recent-map.ts';
import type { SignatureStore } from './store.ts';

/** The most characters: several thousand signatures of the usual length. */
const MOST_CHARACTERS = 2_000_000;

export function signaturesInMemory(): SignatureStore {
  const kept = new RecentMap<string, string>(Infinity, {
    most: MOST_CHARACTERS,
    of: (key, envelope) => key.length + envelope.length,
  });
  return {
    async get(keys) {
      const found = keys.flatMap((key): [string, string][] => {
        const envelope = kept.get(key);
        return envelope === undefined ? [] : [[key, envelope]];
      });
      return new Map(found);
    },
    put: (key, envelope) => kept.set(key, envelope),
    close() {},
  };
}
