/** Ids and chance of one client request from a single number, so that a replay can repeat what was recorded. */
import { createIds, createSeededRandom, type Ids, type Random } from '../../lib/ports.ts';

/** Two sources, so that one retry more or less does not shift the ids. */
export function seeded(seed: number): { ids: Ids; random: Random } {
  return { ids: createIds(createSeededRandom(seed)), random: createSeededRandom(~seed) };
}
