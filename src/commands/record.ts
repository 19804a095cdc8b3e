/**
 * `bun run record <name> [flags of start]` serves, and records under that name. Ctrl-C ends it. With `--replay <name>`
 * it records the answers of a recording, as today's code gives them.
 */
import { RECORDINGS } from '../config/program.ts';
import { helpAtOnce, namedRecording, noSuchRecording, recordingAt } from './recordings/named-recording.ts';
import { asReplayFlags, takeFlag } from './recordings/replay-flags.ts';
import { serve } from './serve.ts';

const HELP = `bun run record <name> [options] [flags of bun run start]

Serves, and keeps every request and answer under that name. Ctrl-C ends it, and says what there is.

  --replay <name>     Record what a recording answers with today's code. Then also --speed, --match, --on-miss and
                      --repeat, as bun run replay has them
  -h, --help          This text
`;

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
  helpAtOnce(argv, HELP);
  const { folder, rest } = namedRecording(argv);
  await serve(['--record', folder, ...recordFlags(rest, RECORDINGS)]);
}
