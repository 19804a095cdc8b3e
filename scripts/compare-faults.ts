/**
 * `bun scripts/compare-faults.ts --out FILE` plays every fault in every setting against the system of this checkout, on a clock of
 * its own, and writes what clients got byte for byte, what upstream was asked, and when. `--against FILE` says, scene by scene, what
 * the version that wrote FILE did otherwise; exit 1 where there is anything, or where no scene is the same. Options: `--only matrix,worlds` (default: all groups),
 * `--sample N` (each N-th scene), `--workers N` (default 2).
 *
 * Before a rebuilding that is to change nothing: `--out before.jsonl`; after it: `--against before.jsonl`.
 */

import { CASE_GROUPS, type GroupName } from '../tests/support/faults/cases.ts';
import { commandLine, slip } from './command-line/command-line.ts';
import {
  compareObservations,
  type Observations,
  observationsOf,
  readObservations,
  writeObservations,
} from './faults/observations.ts';
import type { Share, ShareDone } from './faults/worker.ts';

const GROUPS = Object.keys(CASE_GROUPS) as GroupName[];

const OPTIONS = {
  out: { type: 'string' },
  against: { type: 'string' },
  only: { type: 'string', default: GROUPS.join(',') },
  sample: { type: 'string', default: '1' },
  workers: { type: 'string', default: '2' },
} as const;

function readGroups(text: string): GroupName[] {
  const names = text.split(',');
  const unknown = names.filter((name) => !Object.hasOwn(CASE_GROUPS, name));
  if (unknown.length > 0) throw new Error(`--only: no such group: ${unknown}; there are ${GROUPS}`);
  return GROUPS.filter((group) => names.includes(group));
}

function readCount(name: string, text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new Error(`--${name}: expected a whole number from 1, got "${text}"`);
  return Number(text);
}

function playElsewhere(share: Share): Promise<ShareDone> {
  const worker = new Worker(new URL('./faults/worker.ts', import.meta.url));
  return new Promise<ShareDone>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<ShareDone>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(share);
  }).finally(() => worker.terminate());
}

async function playAll(groups: readonly GroupName[], sample: number, workers: number): Promise<Observations> {
  const shares = Array.from({ length: workers }, (_, from) => ({ groups, from, of: workers, sample }));
  const done = await Promise.all(shares.map(playElsewhere));
  const observed = done.flatMap((share) => share.observed).sort((a, b) => a.index - b.index);
  return observationsOf(observed, new Map(done.flatMap(({ texts }) => [...texts])));
}

const { values } = commandLine({
  name: 'bun scripts/compare-faults.ts',
  about:
    'Plays every fault; --out writes what clients got into a file, --against says what is otherwise than in such a file',
  options: OPTIONS,
});
if (values.out === undefined && values.against === undefined)
  slip('--out FILE or --against FILE says what to do; --help tells more');
const groups = readGroups(values.only);
const sample = readCount('sample', values.sample);
const now = await playAll(groups, sample, readCount('workers', values.workers));
console.log(`${now.scenes.size} scenes played`);
if (values.out !== undefined) writeObservations(values.out, now);
if (values.against !== undefined) {
  const { differences, added, gone } = compareObservations(readObservations(values.against), now);
  for (const each of differences) console.log(each);
  console.log(`${differences.length} scenes differ from ${values.against}`);
  if (added.length > 0) console.log(`${added.length} scenes are new, such as ${added[0]}`);
  const isWhole = sample === 1 && groups.length === GROUPS.length;
  if (isWhole && gone.length > 0) console.log(`${gone.length} scenes are gone, such as ${gone[0]}`);
  if (differences.length > 0 || added.length === now.scenes.size) process.exitCode = 1;
}
