/** Ids and chance of one client request, from one number: what is recorded, replay can do again. */
import { createIds, createSeededRandom, type Ids, type Random } from '../../lib/ports.ts';

/** Two sources, so that a retry more or less does not shift the ids. */
export function seeded(seed: number): { ids: Ids; random: Random } {
  return { ids: createIds(createSeededRandom(seed)), random: createSeededRandom(~seed) };
}
