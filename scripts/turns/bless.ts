/** Makes new goldens for turns: what today's code sends and answers becomes what is expected. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STREAM } from '../../src/sim/cassette/layout.ts';
import { listExchanges, listRecording, nameOf, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import { writeRecordedRequest } from '../../src/sim/cassette/write.ts';
import { differences } from '../../tests/support/turns/compare.ts';
import { missingAttempts, withGoldens } from '../../tests/support/turns/goldens.ts';
import { runTurn } from '../../tests/support/turns/run.ts';
import { renewHashes } from './rehash.ts';

export type Blessing = {
  name: string;
  /** What changed, for review; empty where nothing did. */
  changes: string;
  /** Faults that no golden can mend. */
  problems: string[];
};

export async function blessTurn(folder: string): Promise<Blessing> {
  const edited = renewHashes(folder);
  const recorded = readRecordedRequest(folder);
  const run = await runTurn(recorded);
  const found = differences(recorded, run);
  const notes = edited.map((file) => `\n${file} was edited by hand: its hash is renewed\n`).join('');
  const bugs = run.bugs.map((bug) => `an error of ours on the way: ${String(bug)}`);
  const problems = [missingAttempts(recorded, run.recorded) ?? [], ...bugs].flat();
  if (found !== '' || edited.length > 0) {
    await keepingStreams(folder, () => writeRecordedRequest(folder, withGoldens(recorded, run.recorded)));
  }
  return { name: nameOf(folder), changes: `${notes}${found}`, problems };
}

/** What upstream said must not change, not even to another spelling of the same. */
async function keepingStreams(folder: string, write: () => Promise<void>): Promise<void> {
  const streams = listExchanges(folder).map((exchange) => join(exchange, STREAM));
  const before = streams.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  await write();
  for (const { file, text } of before) if (readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

/** Removes blobs that no turn names any more; returns how many. */
export function pruneBlobs(turns: string): number {
  const blobs = join(turns, 'blobs');
  if (!existsSync(blobs)) return 0;
  const files = readdirSync(turns, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => /client-request\.json$|request\.body$/.test(file))
    .map((file) => readFileSync(join(turns, file), 'utf8'));
  const unused = readdirSync(blobs).filter((hash) => !texts.some((text) => text.includes(hash)));
  for (const hash of unused) rmSync(join(blobs, hash));
  return unused.length;
}

export async function blessAll(turns: string, names: readonly string[]): Promise<Blessing[]> {
  const blessings: Blessing[] = [];
  for (const folder of listRecording(turns)) {
    if (names.length === 0 || names.includes(nameOf(folder))) blessings.push(await blessTurn(folder));
  }
  return blessings;
}
