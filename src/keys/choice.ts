/** A key for a request, and what keeps it from being asked now. */
import type { Backend } from '../upstream/backend.ts';
import type { Hindrance, KeyRecord, Wanted } from './record.ts';

/** By whom a key is wanted, and for what. */
export type Wish = Wanted & {
  session: string | undefined;
  /** Keys that have failed this request often enough: taken only where there is no other. */
  givenUp?: ReadonlySet<Backend>;
};

/** `hindrance.why` is `nothing` for one that may be asked now. */
export type Choice = { record: KeyRecord; hindrance: Hindrance };

export const choiceOf = (record: KeyRecord, wanted: Wanted): Choice => ({
  record,
  hindrance: record.hindrance(wanted),
});

/** The one that is free first. */
export function soonest([first, ...others]: readonly Choice[]): Choice {
  if (!first) throw new Error('a pool without keys');
  return others.reduce((a, b) => (b.hindrance.until < a.hindrance.until ? b : a), first);
}
