/** The signature store of one recorded request: what was found then is found again. */
import type { SignatureStore } from '../../signatures/store.ts';
import type { RecordedRequest } from '../cassette/types.ts';

/** Answers by position, as the recording does: redaction may have changed the texts that keys are made from. Keeps nothing. */
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
