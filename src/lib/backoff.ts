/** How long to wait before something is tried again. */
import type { Random } from './ports.ts';

/** Milliseconds. */
export type Backoff = { first: number; most: number };

/**
 * Milliseconds before try number `tries` + 1. Full jitter, anything from nothing to a ceiling that doubles: those who failed
 * together do not come back together.
 */
export function backoffMs(tries: number, { first, most }: Backoff, random: Random): number {
  return random.next() * Math.min(most, first * 2 ** (tries - 1));
}
