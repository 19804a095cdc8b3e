/** A key for a request, and what keeps it from being asked now. */
import type { Hindrance, KeyRecord } from './key-record.ts';

/** `hindrance.why` is `nothing` for one that may be asked now. */
export type Choice = { record: KeyRecord; hindrance: Hindrance };

export const choiceOf = (record: KeyRecord, model: string, tokens: number): Choice => ({
  record,
  hindrance: record.hindrance(model, tokens),
});

/** The one that is free first. */
export function soonest([first, ...others]: readonly Choice[]): Choice {
  if (!first) throw new Error('a pool without keys');
  return others.reduce((a, b) => (b.hindrance.until < a.hindrance.until ? b : a), first);
}
