/** Makes a test out of a recorded client request: redacted again, made small, with goldens from today's code. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../src/lib/json.ts';
import { readManifest } from '../../src/sim/cassette/manifest.ts';
import { sha256 } from '../../src/sim/cassette/meta.ts';
import { findRequest, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { RecordedSettings } from '../../src/sim/cassette/settings.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { writeTurn } from '../../src/sim/cassette/write.ts';
import { differences } from '../../tests/support/turns/compare.ts';
import { withGoldens } from '../../tests/support/turns/goldens.ts';
import { isAboutSent, unmet } from '../../tests/support/turns/known-failure.ts';
import { runTurn, settingsOf, type TurnRun } from '../../tests/support/turns/run.ts';
import { type Keeps, minimise } from './minimise.ts';
import { type Again, redactAgain } from './redact-again.ts';
import type { Run } from './reduce.ts';
import { trimUpstream } from './trim-upstream.ts';

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
  /** Also cuts what upstream said. */
  trimUpstream?: boolean;
  /** What the turn shows, in one sentence. */
  title?: string;
  /** The bug that the turn shows, and perhaps lines that must, or must not, be there once it is mended. */
  fails?: { why: string; wanted?: string[] };
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
  const usable = marked(tellingAs(withAttempts(recorded, first, notes), first), first, options);
  noteDifferences(usable, first, notes);
  const before = { recorded: usable, run: first };
  const trimmed = options.trimUpstream ? await trimUpstream(before) : before;
  if (options.trimUpstream) notes.push(trimNote(usable, trimmed.recorded));
  const small = whole ? trimmed : await minimise(trimmed, keptBy(options));
  if (!whole) notes.push(sizes(usable, small.recorded));
  const adopted = { ...withGoldens(small.recorded, small.run.recorded), origin: originOf(recorded) };
  await writeTurn(folder, seenBy(adopted));
  return { folder, recorded: adopted, notes };
}

/** Throws where today's code does already what is wanted. */
function marked(
  recorded: RecordedRequest,
  { recorded: now }: TurnRun,
  { title, fails }: AdoptOptions,
): RecordedRequest {
  if (fails?.wanted && unmet(fails.wanted, now) === undefined)
    throw new Error('today’s code does already what is wanted, so no test would fail; nothing was written');
  return { ...recorded, ...(title ? { title } : {}), ...(fails ? { fails } : {}) };
}

/** Until somebody edits the answer, it is the one with the bug. */
function seenBy(recorded: RecordedRequest): RecordedRequest {
  const { fails, answer } = recorded;
  return fails && !fails.wanted ? { ...recorded, fails: { ...fails, saw: sha256(answer.bytes) } } : recorded;
}

/** The result of today is a bug, so what it does not need may be needed once that is mended. */
function keptBy({ fails }: AdoptOptions): Keeps {
  if (!fails) return 'nothing';
  return isAboutSent(fails.wanted ?? []) ? 'structure' : 'what is named';
}

/** An invented turn stays `synthetic`. */
const originOf = ({ origin }: RecordedRequest) => (origin === 'live' ? 'edited' : origin);

// ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────

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

function sizes(before: RecordedRequest, after: RecordedRequest): string {
  const length = ({ request }: RecordedRequest) => Buffer.byteLength(request.body);
  return `the request: ${length(before)} → ${length(after)} bytes, which end the same`;
}

function trimNote(before: RecordedRequest, after: RecordedRequest): string {
  const [was, is] = [before, after].map(({ upstream }) => {
    const reads = upstream.flatMap((exchange) => exchange.reads);
    return { reads: reads.length, bytes: reads.reduce((sum, { bytes }) => sum + bytes.length, 0) };
  });
  return `what upstream said: ${was?.bytes} → ${is?.bytes} bytes in ${was?.reads} → ${is?.reads} reads, whose story is the same`;
}
