/** `bun run recordings` lists what was recorded or saved: its name, when, who answered, and how many requests. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { asCalled, RECORDINGS } from '../config/program.ts';
import { readManifest } from '../sim/cassette/manifest.ts';
import { listRecording } from '../sim/cassette/read.ts';

const MINUTES = 16;

/** The line of a recording; undefined for a folder that is none. */
function lineOf(folder: string, name: string): string | undefined {
  try {
    const { createdAt, backend } = readManifest(folder);
    const count = listRecording(folder).length;
    const when = createdAt.slice(0, MINUTES).replace('T', ' ');
    return `${name}  ${when}  ${backend}  ${count} ${count === 1 ? 'request' : 'requests'}`;
  } catch {
    return undefined;
  }
}

/** The lines for a folder of recordings, in the order of their names. */
export function recordingLines(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names.flatMap((name) => lineOf(join(folder, name), name) ?? []);
}

export async function listRecordings(): Promise<void> {
  const lines = recordingLines(RECORDINGS);
  for (const line of lines) console.log(line);
  if (lines.length === 0)
    console.log(asCalled(`There is none in ${RECORDINGS}; bun run record <name>, or Save on the page /ui`));
  else console.log(asCalled(`in ${RECORDINGS}; bun run replay <name> answers from one`));
}
