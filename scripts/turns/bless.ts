/** Makes new goldens for recorded requests: what today's code sends and answers becomes what is expected. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOBS, STREAM } from '../../src/sim/cassette/layout.ts';
import {
  type AsItLies,
  type Edit,
  listExchanges,
  problemOf,
  readAsItLies,
} from '../../src/sim/cassette/read.ts';
import type { RecordedSettings } from '../../src/sim/cassette/settings.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { writeRecordedRequest } from '../../src/sim/cassette/write.ts';
import { differences } from '../../tests/support/turns/compare.ts';
import { missingAttempts, withGoldens } from '../../tests/support/turns/goldens.ts';
import { runTurn, type TurnRun } from '../../tests/support/turns/run.ts';

export type Blessing = {
  /** What changed, for review; empty where nothing did. */
  changes: string;
  /** Faults that no golden can mend. */
  problems: string[];
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

async function blessReadable(folder: string, { recorded, edits }: AsItLies, settings?: RecordedSettings) {
  if (recorded.upstream.some(({ truncatedRecording }) => truncatedRecording))
    throw new Error('what upstream said was too large to be recorded whole');
  const run = await runTurn(
    settings ? { ...recorded, settings: { ...settings, ...recorded.settings } } : recorded,
  );
  const found = differences(recorded, run);
  const bugs = run.bugs.map((bug) => `an error of ours on the way: ${String(bug)}`);
  const problems = [missingAttempts(recorded, run.recorded) ?? [], ...bugs].flat();
  const isKept = edits.some(({ kind }) => kind === 'expected');
  if (found !== '' || edits.length > 0) {
    const golden = asEdited(withGoldens(recorded, isKept ? keeping(recorded, run) : run.recorded), edits);
    await keepingStreams(folder, () => writeRecordedRequest(folder, golden));
  }
  const kept = isKept && found !== '' ? [`\n${KEPT}\n`] : [];
  return { changes: [...edits.map(noteOf), ...kept, found].join(''), problems };
}

const noteOf = ({ file }: Edit): string => `\n${file} was edited by hand: accepted, and told as edited\n`;

const KEPT =
  'the answer that was written by hand is kept; today’s code answers otherwise, as shown below (+)';

/** What is expected of the answer was written by a person, and so code does not overwrite it. */
const keeping = ({ answer }: RecordedRequest, { recorded }: TurnRun): RecordedRequest => ({
  ...recorded,
  answer,
});

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
  const blobs = join(recording, BLOBS);
  if (!existsSync(blobs)) return 0;
  const files = readdirSync(recording, { recursive: true, encoding: 'utf8' });
  const named = new Set<string>();
  for (const file of files.filter((name) => HOLDS_NAMES.test(name))) {
    const text = readFileSync(join(recording, file), 'utf8');
    for (const [, hash = ''] of text.matchAll(/⟦(?:blob|json):([0-9a-f]{32})⟧/g)) named.add(hash);
  }
  const unused = readdirSync(blobs).filter((hash) => !named.has(hash));
  for (const hash of unused) rmSync(join(blobs, hash));
  return unused.length;
}

/** The files that may name blobs. Pages and media that were read stand in `meta.json`. */
const HOLDS_NAMES = /(?:client-request\.json|request\.json|request\.body|meta\.json)$/;
