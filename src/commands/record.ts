/**
 * `bun run record <name> [flags of start]` serves, and records under that name. Ctrl-C ends it. With `--replay <name>`
 * it records the answers of a recording, as today's code gives them.
 */
import { RECORDINGS } from '../config/program.ts';
import { namedRecording, noSuchRecording, recordingAt } from './recordings/named-recording.ts';
import { asReplayFlags, takeFlag } from './recordings/replay-flags.ts';
import { serve } from './serve.ts';

const USAGE = `usage: bun run record <name> [flags of bun run start]
       bun run record <name> --replay <name of a recording> [--speed S] [--match loose] [flags of bun run start]`;

/** The flags to serve with. A recording is called by its name, as it is for `bun run replay`. */
export function recordFlags(flags: readonly string[], recordings: string): string[] {
  const replay = takeFlag('--replay', flags);
  if (!replay) return [...flags];
  const { value: name, others } = replay;
  const backend = takeFlag('--backend', others) ? [] : ['--backend', 'replay'];
  const folder = recordingAt(name, recordings);
  if (!folder) throw noSuchRecording(name, recordings);
  return [...backend, '--replay', folder, ...asReplayFlags(others)];
}

export async function record(argv: readonly string[]): Promise<void> {
  const { folder, rest } = namedRecording(argv, USAGE);
  await serve(['--record', folder, ...recordFlags(rest, RECORDINGS)]);
}
