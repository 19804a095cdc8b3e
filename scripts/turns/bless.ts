/** Makes new goldens for recorded requests: what today's code sends and answers becomes what is expected. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOBS, STREAM } from '../../src/sim/cassette/layout.ts';
import { type AsItLies, type Edit, listExchanges, readAsItLies } from '../../src/sim/cassette/read.ts';
import type { RecordedSettings } from '../../src/sim/cassette/settings.ts';
import { problemOf } from '../../src/sim/cassette/text-files.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { writeRecordedRequest, writeTurn } from '../../src/sim/cassette/write.ts';
import { answerDiff, differences } from '../../tests/support/turns/compare.ts';
import { missingAttempts, withGoldens } from '../../tests/support/turns/goldens.ts';
import { stillFailing } from '../../tests/support/turns/known-failure.ts';
import { orphanBlobs } from '../../tests/support/turns/orphan-blobs.ts';
import { runTurn, type TurnRun } from '../../tests/support/turns/run.ts';

export type Blessing = {
  /** What changed, for review; empty where nothing did. */
  changes: string;
  /** Faults that no golden can mend. */
  problems: string[];
  /** Why a turn is still known to fail, so that what is expected of it stays. */
  failing?: string;
};

/**
 * Blesses a turn, or a request of a recording, which was made with `settings`. A request that cannot be read is a
 * problem, and stays as it is.
 */
export async function blessRequest(folder: string, settings?: RecordedSettings): Promise<Blessing> {
  try {
    return await blessReadable(folder, readAsItLies(folder), settings);
  } catch (error) {
    return { changes: '', problems: [problemOf(error)] };
  }
}

async function blessReadable(
  folder: string,
  { recorded, edits }: AsItLies,
  settings?: RecordedSettings,
): Promise<Blessing> {
  if (recorded.upstream.some(({ truncatedRecording }) => truncatedRecording))
    throw new Error('what upstream said was too large to be recorded whole');
  const run = await runTurn(
    settings ? { ...recorded, settings: { ...settings, ...recorded.settings } } : recorded,
  );
  const write = (golden: RecordedRequest) =>
    keepingStreams(folder, () =>
      settings ? writeRecordedRequest(folder, golden) : writeTurn(folder, golden),
    );
  if (recorded.fails) return blessKnown(asEdited(recorded, edits.filter(changesEvidence)), edits, run, write);
  const found = differences(recorded, run);
  const bugs = run.bugs.map((bug) => `an error of ours on the way: ${String(bug)}`);
  const problems = [missingAttempts(recorded, run.recorded) ?? [], ...bugs].flat();
  const isKept = edits.some(({ kind }) => kind === 'expected');
  if (found !== '' || edits.length > 0) {
    const golden = asEdited(withGoldens(recorded, isKept ? keeping(recorded, run) : run.recorded), edits);
    await write(marked(golden, run));
  }
  const kept = isKept && found !== '' ? [`\n${KEPT}\n`] : [];
  return { changes: [...edits.map(noteOf), ...kept, found].join(''), problems };
}

/**
 * Takes the mark off where the turn does what is wanted. Otherwise today's answer is the bug, so what is expected stays;
 * only edits of what upstream said are accepted.
 */
async function blessKnown(
  recorded: RecordedRequest,
  edits: readonly Edit[],
  run: TurnRun,
  write: (golden: RecordedRequest) => Promise<void>,
): Promise<Blessing> {
  const { fails, ...rest } = recorded;
  const failing = stillFailing(recorded, run);
  if (failing !== undefined) {
    const accepted = edits.filter(changesEvidence);
    if (accepted.length > 0) await write(recorded);
    return { changes: accepted.map(noteOf).join(''), problems: [], failing: `${fails?.why}\n${failing}` };
  }
  const problem = missingAttempts(recorded, run.recorded);
  if (problem !== undefined) return { changes: '', problems: [problem] };
  await write(withGoldens(rest, run.recorded));
  return { changes: '\nit passes now: the mark "known to fail" is taken off\n', problems: [] };
}

const noteOf = ({ file }: Edit): string => `\n${file} was edited by hand: accepted, and told as edited\n`;

const KEPT =
  'the answer that was written by hand is kept; today’s code does otherwise (+), so it is known to fail from now on';

/** What is expected of the answer was written by a person, and so code does not overwrite it. */
const keeping = ({ answer }: RecordedRequest, { recorded }: TurnRun): RecordedRequest => ({
  ...recorded,
  answer,
});

/** Where code does not do what a person has written, that is known to fail: so it stays until code does. */
function marked(recorded: RecordedRequest, { recorded: now }: TurnRun): RecordedRequest {
  const isMet = answerDiff(recorded.answer, now.answer).length === 0;
  return isMet ? recorded : { ...recorded, fails: { why: 'the expected answer was written by hand' } };
}

/** An edit of the expected answer changes nothing of what Google said. */
const changesEvidence = ({ kind }: Edit): boolean => kind !== 'expected';

function asEdited(recorded: RecordedRequest, edits: readonly Edit[]): RecordedRequest {
  if (edits.length === 0) return recorded;
  const names = edits.map(({ kind, file }) => (kind === 'piece' ? BLOBS : file));
  const edited = [...new Set([...(recorded.edited ?? []), ...names])].sort();
  const isEdited = recorded.origin === 'live' && edits.some(changesEvidence);
  return { ...recorded, origin: isEdited ? 'edited' : recorded.origin, edited };
}

/** What upstream said must not change, not even to another spelling of the same. */
async function keepingStreams(folder: string, write: () => Promise<void>): Promise<void> {
  const streams = listExchanges(folder).map((exchange) => join(exchange, STREAM));
  const before = streams.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  await write();
  for (const { file, text } of before) if (readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

/** Removes blobs that no request names any more; returns how many. */
export function pruneBlobs(recording: string): number {
  const unused = orphanBlobs(recording);
  for (const hash of unused) rmSync(join(recording, BLOBS, hash));
  return unused.length;
}
