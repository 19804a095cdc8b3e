/** Computes waits that double with each failure. The caller says how many failures there were. */
import type { Random } from './ports.ts';

/** Milliseconds. `first`: the wait after the first failure. `most`: the longest wait after any number of failures. */
export type Backoff = { readonly first: number; readonly most: number };

/** The milliseconds to wait after a failure, where `earlier` failures came before it. */
export const backoffMs = ({ first, most }: Backoff, earlier: number): number =>
  Math.min(most, first * 2 ** earlier);

/** A random wait up to `backoffMs` (full jitter): requests that failed together should not come back together. */
export const jitteredMs = (backoff: Backoff, earlier: number, random: Random): number =>
  random.next() * backoffMs(backoff, earlier);
