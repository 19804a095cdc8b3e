/** A wait that doubles with each failure, as a value: whoever fails says how often, and is told how long. */
import type { Random } from './ports.ts';

/** Milliseconds: after the first failure, and after however many. */
export type Backoff = { readonly first: number; readonly most: number };

/** Milliseconds to wait after a failure that `earlier` others came before. */
export const backoffMs = ({ first, most }: Backoff, earlier: number): number =>
  Math.min(most, first * 2 ** earlier);

/** Full jitter, anything up to that wait: those who failed together do not come back together. */
export const jitteredMs = (backoff: Backoff, earlier: number, random: Random): number =>
  random.next() * backoffMs(backoff, earlier);
