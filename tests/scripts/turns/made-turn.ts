/** A turn of the table of cases, made anew: the committed folder may just be edited, which is for its own test to say. */
import { CASES } from '../../../scripts/turns/cases/index.ts';
import { seedTurn } from '../../../scripts/turns-seed.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';

export function madeTurn(name: string): Promise<RecordedRequest> {
  const turn = CASES[name];
  if (!turn) throw new Error(`no case ${name}`);
  return seedTurn(name, turn);
}
