/** Compares every event of every recorded answer with what the reader knows. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { framesIn } from '../../src/gemini/frames.ts';
import { isObject } from '../../src/lib/json.ts';
import { listRecording, nameOf, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import { listFolders, problemOf } from '../../src/sim/cassette/text-files.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import type { Look } from './look.ts';
import { unknownIn } from './ours.ts';
import { type Sightings, sight } from './sightings.ts';

/**
 * Folders of recorded client requests: turns, or one recording each. What cannot be read is named, and the rest is
 * looked at.
 */
export function lookAtRequests(source: string, folders: readonly string[]): Look {
  const unread: string[] = [];
  const requests = folders.flatMap((folder) => readOr(unread, folder, () => listRecording(folder)) ?? []);
  if (requests.length === 0 && unread.length === 0) return { source, looked: false, why: 'there is none' };
  const seen: Sightings = new Map();
  const origins = new Map<string, number>();
  let [read, events] = [0, 0];
  for (const folder of requests) {
    const looked = readOr(unread, folder, () => lookAtRequest(readRecordedRequest(folder), nameOf(folder)));
    if (!looked) continue;
    read++;
    events += looked.events;
    origins.set(looked.origin, (origins.get(looked.origin) ?? 0) + 1);
    for (const [name, where] of looked.seen) if (!seen.has(name)) seen.set(name, where);
  }
  const made = [...origins].map(([origin, count]) => `${count} ${origin}`).join(', ') || 'none';
  return {
    source,
    looked: true,
    what: `${events} events of ${read} requests (${made})`,
    differences: unknownIn(seen),
    unread,
  };
}

function lookAtRequest({ upstream, origin }: RecordedRequest, name: string) {
  const seen: Sightings = new Map();
  let events = 0;
  for (const { head, reads } of upstream) {
    if (head?.status !== 200) continue;
    const pieces = reads.map(({ bytes }) => bytes);
    events += sightBody(pieces, name, seen);
  }
  return { origin, seen, events };
}

/** What `read` returns; undefined where it throws, with the reason, which names `file`, among the problems. */
function readOr<T>(problems: string[], file: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const problem = problemOf(error);
    problems.push(problem.includes(file) ? problem : `${file}: ${problem}`);
    return undefined;
  }
}

/** The recordings under `fixtures/recordings`. */
export const lookAtOwnRecordings = (root: string): Look =>
  lookAtRequests('the recordings of this machine', listFolders(root));

type CorpusEntry = { api: string; kind: string; file: string; id: string };

/** A corpus of recordings that others made, one JSON file for each exchange. */
export function lookAtCorpus(root: string): Look {
  const source = 'the corpus';
  const index = join(root, 'recordings/INDEX.json');
  if (!existsSync(index)) return { source, looked: false, why: 'there is none; set CORPUS_DIR' };
  const unread: string[] = [];
  const entries = readOr(unread, index, () => entriesIn(index));
  if (!entries) return { source, looked: false, why: unread.join('; ') };
  const seen: Sightings = new Map();
  const wanted = entries.filter(
    ({ api, kind }) => api === 'gemini' && (kind === 'stream' || kind === 'json'),
  );
  let [read, events] = [0, 0];
  for (const { file, id } of wanted) {
    const path = join(root, 'recordings', file);
    const count = readOr(unread, path, () => sightBody([new TextEncoder().encode(bodyIn(path))], id, seen));
    if (count === undefined) continue;
    read++;
    events += count;
  }
  const what = `${events} events of ${read} recordings`;
  return { source, looked: true, what, differences: unknownIn(seen), unread };
}

/** Throws where the index is no list of entries. */
function entriesIn(index: string): CorpusEntry[] {
  const entries = readJson<unknown>(index);
  if (Array.isArray(entries) && entries.every(isEntry)) return entries;
  throw new Error(`${index}: not a list of { api, kind, file, id }`);
}

const isEntry = (value: unknown): value is CorpusEntry =>
  isObject(value) && ['api', 'kind', 'file', 'id'].every((key) => typeof value[key] === 'string');

function bodyIn(file: string): string {
  const { response } = readJson<{ response?: { body?: unknown } }>(file);
  if (typeof response?.body !== 'string') throw new Error(`${file}: it has no text at response.body`);
  return response.body;
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${problemOf(error)}`, { cause: error });
  }
}

export function sightBody(pieces: readonly Uint8Array[], where: string, seen: Sightings): number {
  let events = 0;
  for (const frame of framesIn(pieces)) {
    if (!('chunk' in frame)) continue;
    events++;
    sight(frame.chunk, where, seen);
  }
  return events;
}
