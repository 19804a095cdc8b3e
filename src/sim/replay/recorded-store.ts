/**
 * The signature store of one recorded request: it finds the signatures that were found when the request was recorded.
 */
import type { SignatureStore } from '../../signatures/store.ts';
import type { RecordedRequest } from '../cassette/types.ts';

/**
 * Answers look-ups by their position, as the recording has them: redaction may have changed the texts from which keys
 * are made. Stores nothing.
 */
export function recordedStore(lookUps: RecordedRequest['signatures']): SignatureStore {
  let next = 0;
  return {
    async get(keys) {
      const found = lookUps[next] ?? [];
      next++;
      return new Map(
        keys.flatMap((key, index) => {
          const envelope = found[index];
          return typeof envelope === 'string' ? [[key, envelope] as const] : [];
        }),
      );
    },
    put: () => {},
    close: () => {},
  };
}
