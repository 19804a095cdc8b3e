/** The signature store of one recorded request. */
import type { SignatureStore } from '../../../src/signatures/store.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';

type Lookups = RecordedRequest['signatures'];

export type RecordedStore = SignatureStore & {
  /** The look-ups so far: a list each, with the envelope for each key, or null. */
  readonly lookups: Lookups;
  readonly remembered: ReadonlyMap<string, string>;
  /** Key and envelope of everything that was found. */
  readonly found: ReadonlyMap<string, string>;
};

/** Answers by position, as the recording does: redaction may have changed the texts that keys are made from. */
export function recordedStore(recorded: Lookups): RecordedStore {
  return storeOf((_key, lookup, index) => recorded[lookup]?.[index] ?? undefined);
}

/** Answers by key. */
export function knownStore(known: ReadonlyMap<string, string>): RecordedStore {
  return storeOf((key) => known.get(key));
}

function storeOf(find: (key: string, lookup: number, index: number) => string | undefined): RecordedStore {
  const lookups: (string | null)[][] = [];
  const remembered = new Map<string, string>();
  const found = new Map<string, string>();
  return {
    lookups,
    remembered,
    found,
    async get(keys) {
      const here = new Map<string, string>();
      const answers = keys.map((key, index) => {
        const envelope = find(key, lookups.length, index);
        if (envelope !== undefined) here.set(key, envelope);
        return envelope ?? null;
      });
      lookups.push(answers);
      for (const [key, envelope] of here) found.set(key, envelope);
      return here;
    },
    put(key, envelope) {
      remembered.set(key, envelope);
    },
    close() {},
  };
}
