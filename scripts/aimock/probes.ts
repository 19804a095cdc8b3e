/** What both programs are asked. Each probe is a row of the table, and runs on each of them. */
import type { Grade } from '../peers/judge.ts';
import type { Bench } from './bench.ts';
import { costProbes } from './probes/costs.ts';
import { mockProbes } from './probes/mock.ts';
import { recordingProbes } from './probes/recordings.ts';
import { testProbes } from './probes/tests.ts';

export type Probe = {
  /** `bun scripts/compare-aimock.ts --only <id>` runs it. */
  id: string;
  /** What is tried, and what counts as fulfilled. */
  wanted: string;
  run(bench: Bench): Promise<Grade>;
};

export const PROBES: readonly (readonly [title: string, probes: readonly Probe[]])[] = [
  ['Record and replay', recordingProbes],
  ['The mock', mockProbes],
  ['In tests', testProbes],
  ['What it costs', costProbes],
];
