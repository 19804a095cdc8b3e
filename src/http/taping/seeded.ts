/**
 * Makes the ids and the random numbers of one client request from a single seed, so that a replay can repeat what was
 * recorded.
 */
import { createIds, createSeededRandom, type Ids, type Random } from '../../lib/ports.ts';

/** Ids and random numbers come from two separate sources, so that one retry more or less does not change the ids. */
export function seeded(seed: number): { ids: Ids; random: Random } {
  return { ids: createIds(createSeededRandom(seed)), random: createSeededRandom(~seed) };
}
