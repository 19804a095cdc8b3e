/** What recorded answers hold against what the reader knows: every event of every one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameDecoder } from '../../src/gemini/frames.ts';
import { listRecording, nameOf, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { Look } from './look.ts';
import { unknownIn } from './ours.ts';
import { type Sightings, sight } from './sightings.ts';

/** Folders of recorded client requests: turns, or one recording each. */
export function lookAtRequests(source: string, folders: readonly string[]): Look {
  const requests = folders.flatMap(listRecording);
  if (requests.length === 0) return { source, looked: false, why: 'there is none' };
  const seen: Sightings = new Map();
  const origins = new Map<string, number>();
  let events = 0;
  for (const folder of requests) {
    const { upstream, origin } = readRecordedRequest(folder);
    origins.set(origin, (origins.get(origin) ?? 0) + 1);
    for (const { head, reads } of upstream) {
      if (head?.status === 200)
        events += sightBody(
          reads.map(({ bytes }) => bytes),
          nameOf(folder),
          seen,
        );
    }
  }
  const made = [...origins].map(([origin, count]) => `${count} ${origin}`).join(', ');
  return {
    source,
    looked: true,
    what: `${events} events of ${requests.length} requests (${made})`,
    differences: unknownIn(seen),
  };
}

/** The recordings under `fixtures/recordings`. */
export function lookAtOwnRecordings(root: string): Look {
  const names = existsSync(root) ? readdirSync(root) : [];
  return lookAtRequests(
    'the recordings of this machine',
    names.map((name) => join(root, name)),
  );
}

/** A corpus of recordings made by others, one JSON file an exchange. */
export function lookAtCorpus(root: string): Look {
  const source = 'the corpus';
  const index = join(root, 'recordings/INDEX.json');
  if (!existsSync(index)) return { source, looked: false, why: 'there is none; set CORPUS_DIR' };
  const entries: { api: string; kind: string; file: string; id: string }[] = JSON.parse(
    readFileSync(index, 'utf8'),
  );
  const seen: Sightings = new Map();
  const wanted = entries.filter(
    ({ api, kind }) => api === 'gemini' && (kind === 'stream' || kind === 'json'),
  );
  let events = 0;
  for (const { file, id } of wanted) {
    const { response } = JSON.parse(readFileSync(join(root, 'recordings', file), 'utf8'));
    events += sightBody([new TextEncoder().encode(response.body)], id, seen);
  }
  const what = `${events} events of ${wanted.length} recordings`;
  return { source, looked: true, what, differences: unknownIn(seen) };
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
