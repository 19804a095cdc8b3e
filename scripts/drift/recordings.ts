/** Compares every event of every recorded answer with what the reader knows. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameDecoder } from '../../src/gemini/frames.ts';
import { listRecording, nameOf, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { Look } from './look.ts';
import { unknownIn } from './ours.ts';
import { type Sightings, sight } from './sightings.ts';

/**
 * Folders of recorded client requests: turns, or one recording each. What cannot be read is named, and the rest is
 * looked at.
 */
export function lookAtRequests(source: string, folders: readonly string[]): Look {
  const requests = folders.flatMap(listRecording);
  if (requests.length === 0) return { source, looked: false, why: 'there is none' };
  const seen: Sightings = new Map();
  const origins = new Map<string, number>();
  const unread: string[] = [];
  let events = 0;
  for (const folder of requests) {
    const recorded = readOr(unread, () => readRecordedRequest(folder));
    if (!recorded) continue;
    origins.set(recorded.origin, (origins.get(recorded.origin) ?? 0) + 1);
    for (const { head, reads } of recorded.upstream) {
      if (head?.status !== 200) continue;
      events += sightBody(
        reads.map(({ bytes }) => bytes),
        nameOf(folder),
        seen,
      );
    }
  }
  const made = [...origins].map(([origin, count]) => `${count} ${origin}`).join(', ') || 'none';
  return {
    source,
    looked: true,
    what: `${events} events of ${requests.length - unread.length} requests (${made})`,
    differences: unknownIn(seen),
    unread,
  };
}

function readOr<T>(problems: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** The recordings under `fixtures/recordings`. */
export function lookAtOwnRecordings(root: string): Look {
  const entries = existsSync(root) ? readdirSync(root, { withFileTypes: true }) : [];
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return lookAtRequests(
    'the recordings of this machine',
    folders.map(({ name }) => join(root, name)),
  );
}

type CorpusEntry = { api: string; kind: string; file: string; id: string };

/** A corpus of recordings that others made, one JSON file for each exchange. */
export function lookAtCorpus(root: string): Look {
  const source = 'the corpus';
  const index = join(root, 'recordings/INDEX.json');
  if (!existsSync(index)) return { source, looked: false, why: 'there is none; set CORPUS_DIR' };
  const unread: string[] = [];
  const entries = readOr(unread, () => readJson<CorpusEntry[]>(index));
  if (!entries) return { source, looked: false, why: unread.join('; ') };
  const seen: Sightings = new Map();
  const wanted = entries.filter(
    ({ api, kind }) => api === 'gemini' && (kind === 'stream' || kind === 'json'),
  );
  let events = 0;
  for (const { file, id } of wanted) {
    const body = readOr(unread, () => bodyIn(join(root, 'recordings', file)));
    if (body !== undefined) events += sightBody([new TextEncoder().encode(body)], id, seen);
  }
  const what = `${events} events of ${wanted.length - unread.length} recordings`;
  return { source, looked: true, what, differences: unknownIn(seen), unread };
}

function bodyIn(file: string): string {
  const { response } = readJson<{ response?: { body?: unknown } }>(file);
  if (typeof response?.body !== 'string') throw new Error(`${file}: it has no text at response.body`);
  return response.body;
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

export function sightBody(pieces: readonly Uint8Array[], where: string, seen: Sightings): number {
  const decoder = new FrameDecoder();
  let events = 0;
  for (const frame of [...pieces.flatMap((bytes) => decoder.feed(bytes)), ...decoder.end()]) {
    if (!('chunk' in frame)) continue;
    events++;
    sight(frame.chunk, where, seen);
  }
  return events;
}
