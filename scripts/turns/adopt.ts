/** Makes a test out of a recorded client request: redacted again, made small, with goldens from today's code. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../src/lib/json.ts';
import { readManifest } from '../../src/sim/cassette/manifest.ts';
import { listRecording, nameOf, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { RecordedSettings } from '../../src/sim/cassette/settings.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { writeRecordedRequest } from '../../src/sim/cassette/write.ts';
import { differences } from '../../tests/support/turns/compare.ts';
import { withGoldens } from '../../tests/support/turns/goldens.ts';
import { runTurn, settingsOf, type TurnRun } from '../../tests/support/turns/run.ts';
import { minimise } from './minimise.ts';
import { type Again, redactAgain } from './redact-again.ts';

export type Adoption = {
  folder: string;
  recorded: RecordedRequest;
  /** For the person who adopts: what was done, and what to look at. */
  notes: string[];
};

export type AdoptOptions = Again & {
  /** The folder of a recording. */
  recording: string;
  /** The number or the name of a request in it. */
  request: string;
  turns: string;
  name: string;
  /** Keeps the size of the request. */
  whole: boolean;
};

const CASE = /^[a-z0-9][a-z0-9-]*$/;

/** Throws where it would overwrite something, or where the request cannot become a turn. */
export async function adopt(options: AdoptOptions): Promise<Adoption> {
  const { recording, request, turns, name, whole } = options;
  if (!CASE.test(name))
    throw new Error(`"${name}": a case is named in lower-case letters, digits and hyphens`);
  const folder = join(turns, name);
  if (existsSync(folder)) throw new Error(`fixtures/turns/${name} is there already; nothing was changed`);
  const notes: string[] = [];
  const found = redactAgain(readRecordedRequest(findRequest(recording, request)), options, notes);
  const { recorded, run: first } = await withNeededSettings(found, readManifest(recording).settings);
  const usable = tellingAs(withAttempts(recorded, first, notes), first);
  noteDifferences(usable, first, notes);
  const small = whole ? { recorded: usable, run: first, runs: 0 } : await minimise(usable, first);
  if (!whole) notes.push(sizes(usable, small.recorded, small.runs));
  const adopted = { ...withGoldens(small.recorded, small.run.recorded), origin: originOf(recorded) };
  await writeRecordedRequest(folder, adopted);
  return { folder, recorded: adopted, notes };
}

/** An invented turn stays `synthetic`. */
const originOf = ({ origin }: RecordedRequest) => (origin === 'live' ? 'edited' : origin);

function findRequest(recording: string, request: string): string {
  const folders = listRecording(recording);
  const found = folders.find(
    (path) => nameOf(path) === request || (/^\d+$/.test(request) && numberOf(path) === Number(request)),
  );
  if (found) return found;
  const names = folders.map(nameOf).join(', ') || 'nothing';
  throw new Error(`no request "${request}" in ${recording}; it holds ${names}`);
}

const numberOf = (path: string): number => Number.parseInt(nameOf(path), 10);

// ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────

type Run = { recorded: RecordedRequest; run: TurnRun };

/** Those that the proxy had which recorded, where the request fares otherwise without them. */
async function withNeededSettings(recorded: RecordedRequest, then: RecordedSettings): Promise<Run> {
  const run = await runTurn(recorded);
  const usual = new Map<string, unknown>(Object.entries(settingsOf(recorded)));
  const others = Object.entries(then).filter(
    ([name, value]) => name !== 'modelMap' && canonicalJson(value) !== canonicalJson(usual.get(name)),
  );
  const without = differences(recorded, run);
  if (without === '' || others.length === 0) return { recorded, run };
  const same: RecordedRequest = { ...recorded, settings: Object.fromEntries(others) };
  const again = await runTurn(same);
  return differences(same, again).length < without.length
    ? { recorded: same, run: again }
    : { recorded, run };
}

/** Throws where today's code asks upstream more often than was recorded. What is not asked for any more is left out. */
function withAttempts(
  recorded: RecordedRequest,
  { recorded: now }: TurnRun,
  notes: string[],
): RecordedRequest {
  const [was, is] = [recorded.upstream.length, now.upstream.length];
  if (is > was) {
    throw new Error(
      `today upstream is asked ${is} times, and ${was} answers of it were recorded: record it again`,
    );
  }
  if (is < was) notes.push(`today upstream is asked ${is} times, not ${was}: the later answers are left out`);
  return { ...recorded, upstream: recorded.upstream.slice(0, is) };
}

/** The recorded size of the prompt, although the request was made smaller. */
function tellingAs(recorded: RecordedRequest, { recorded: { promptTold } }: TurnRun): RecordedRequest {
  return promptTold ? { ...recorded, promptTold } : recorded;
}

function noteDifferences(recorded: RecordedRequest, run: TurnRun, notes: string[]): void {
  const found = differences(recorded, run);
  if (found === '') return;
  notes.push(`today's code does otherwise than the proxy that recorded:\n${found}`);
}

function sizes(before: RecordedRequest, after: RecordedRequest, runs: number): string {
  const length = ({ request }: RecordedRequest) => Buffer.byteLength(request.body);
  return `the request: ${length(before)} → ${length(after)} bytes, after ${runs} runs that ended the same or did not`;
}
