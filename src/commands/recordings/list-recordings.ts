/**
 * `bun run recordings` lists what was recorded or saved; with the name of a recording, its requests; with the id of a
 * request, as it stands in the log and in the header `request-id`, the folder of that request.
 */
import { basename, dirname, resolve } from 'node:path';
import { asCalled, RECORDINGS } from '../../config/program.ts';
import { systemClock } from '../../lib/ports.ts';
import { readArguments } from '../../lib/program/arguments.ts';
import { readManifest } from '../../sim/cassette/manifest.ts';
import { findRequest, listRecording } from '../../sim/cassette/read.ts';
import { problemOf } from '../../sim/cassette/text-files.ts';
import { type Found, factsOf, type RequestFacts } from './facts.ts';
import { noSuchRecording, recordingAt } from './named-recording.ts';
import { age, anomaliesOf, notesOf, recordingLines, recordingsIn, requestLines, when } from './tables.ts';

const HELP = `What was recorded, or saved from the inspector

  bun run recordings                   all recordings
  bun run recordings my-session        its requests: when, client, caller, status, end, tries, anomalies
  bun run recordings my-session/3      one request: its folder, and each try
  bun run recordings req_…             the same, by the id in the log or in the header request-id
  bun run recordings --json …          for programs

A recording elsewhere is named by its path: bun run recordings /srv/recorded req_…
`;

export type Asked = { words: readonly string[]; json: boolean };

export type Listed = { lines: readonly string[]; code: 0 | 1 };

type Request = Found & { recording: string };

/** What is printed for `words`. The recordings of this user lie in `recordings`. */
export function listing({ words, json }: Asked, recordings: string, now: number): Listed {
  if (words.length === 0 && !json) return { lines: overview(recordings, now), code: 0 };
  const ids = words.filter(isId);
  const named = words.filter((word) => !isId(word));
  // A folder that is no recording is a problem only where it was named.
  const places =
    named.length > 0 ? named : recordingsIn(recordings).filter((one) => recordingAt(one, recordings));
  const found = places.map((word) => requestsOf(word, recordings));
  const requests = found.flatMap((one) => one.requests ?? []);
  const wanted = ids.length > 0 ? requests.filter((one) => hasId(one, ids)) : requests;
  const problems = [
    ...found.flatMap((one) => one.problem ?? []),
    ...ids.filter((id) => !wanted.some((one) => hasId(one, [id]))).map((id) => notFound(id, requests)),
  ];
  return {
    lines: [...shown(wanted, { ids, named, json }, recordings, now), ...problems],
    code: problems.length > 0 ? 1 : 0,
  };
}

const isId = (word: string): boolean => word.startsWith('req_');

type Shown = { ids: readonly string[]; named: readonly string[]; json: boolean };

/** Whole recordings are tables; single requests are shown with their tries. */
function shown(
  requests: readonly Request[],
  { ids, named, json }: Shown,
  recordings: string,
  now: number,
): string[] {
  if (json) return [JSON.stringify(requests, null, 2)];
  const areWhole = ids.length === 0 && named.every((word) => recordingAt(word, recordings));
  return areWhole ? requestLines(requests, now) : requests.flatMap((one) => detail(one, recordings, now));
}

function overview(recordings: string, now: number): string[] {
  const lines = recordingLines(recordings, now);
  if (lines.length === 0)
    return [asCalled(`There is none in ${recordings}; bun run record <name>, or Save on the page /ui`)];
  return [
    ...lines,
    asCalled(
      `in ${recordings}; bun run recordings <name> shows the requests, bun run replay <name> answers them`,
    ),
  ];
}

const hasId = (found: Found, ids: readonly string[]): boolean =>
  'requestId' in found && found.requestId !== undefined && ids.includes(found.requestId);

function notFound(id: string, looked: readonly Request[]): string {
  const unread = looked.filter((one) => 'problem' in one).length;
  const more = unread > 0 ? `; ${unread} others cannot be read` : '';
  return `${id}: none of ${looked.length - unread} recorded requests has this id${more}`;
}

/** The requests of a recording, or the one that the word names. */
function requestsOf(word: string, recordings: string): { requests?: Request[]; problem?: string } {
  const whole = recordingAt(word, recordings);
  if (whole)
    return { requests: listRecording(whole).map((folder) => requestAt(folder, whole)), ...faultOf(whole) };
  const around = recordingAt(dirname(word), recordings);
  if (!around) return { problem: asCalled(noSuchRecording(word, recordings).message) };
  try {
    return { requests: [requestAt(findRequest(around, basename(word)), around)] };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** What is wrong with a recording whose requests may be in order. */
function faultOf(recording: string): { problem?: string } {
  try {
    readManifest(recording);
  } catch (error) {
    return { problem: problemOf(error) };
  }
  return listRecording(recording).length > 0 ? {} : { problem: `${recording}: no request was recorded yet` };
}

const requestAt = (folder: string, recording: string): Request => ({
  ...factsOf(folder),
  recording: basename(recording),
});

// ── one request ───────────────────────────────────────────────────────────────────────────────────────────────

function detail(request: Request, recordings: string, now: number): string[] {
  const { name, folder, recording } = request;
  if ('problem' in request)
    return [`${recording}/${name}: ${folder}`, `  cannot be read: ${request.problem}`];
  const { recordedAt, client, caller, origin, status, end, requestId = 'no request id', tries } = request;
  const notes = [...anomaliesOf(request), ...notesOf(request)];
  const place = dirname(folder);
  const word = dirname(place) === resolve(recordings) ? recording : place;
  return [
    `${recording}/${name}: ${folder}`,
    `  ${when(recordedAt)} UTC, ${age(recordedAt, now)} ago, ${client}, ${caller}, ${origin}`,
    `  answered ${status}, ${end}, ${requestId}`,
    ...tries.map((one, index) => `  try ${index + 1}: ${tryText(one)}`),
    ...(notes.length > 0 ? [`  ${notes.join(', ')}`] : []),
    asCalled(`  bun run replay ${word} --verify; in a clone: bun run adopt ${word}/${name} <case>`),
  ];
}

const tryText = ({ model, status, ms, reads, end }: RequestFacts['tries'][number]): string =>
  `${model || 'no model'}, ${status ?? 'no answer'}, ${reads} reads in ${ms} ms, ${end}`;

// ── the command ───────────────────────────────────────────────────────────────────────────────────────────────

const OPTIONS = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

/** Undefined where help is wanted. */
function readAsked(argv: readonly string[]): Asked | undefined {
  const { values, positionals } = readArguments(argv, OPTIONS, { isPlain: true });
  return values.help ? undefined : { words: positionals, json: values.json ?? false };
}

export async function listRecordings(argv: readonly string[]): Promise<void> {
  const asked = readAsked(argv);
  if (!asked) {
    process.stdout.write(asCalled(HELP));
    return;
  }
  const { lines, code } = listing(asked, RECORDINGS, systemClock.wall().getTime());
  for (const line of lines) console.log(line);
  process.exitCode = code;
}
