/** `bun run replay`: serves a recording, verifies it, or carries it over. */
import { existsSync } from 'node:fs';
import { type Carried, carryOver } from '../compose/carry-over.ts';
import { verifyRecording } from '../compose/verify-recording.ts';
import { helpAtOnce, namedRecording, noSuchRecording } from './recordings/named-recording.ts';
import { asReplayFlags, takeFlag } from './recordings/replay-flags.ts';
import { serve } from './serve.ts';

const HELP = `bun run replay <name> [options] [flags of bun run start]

Answers the requests that were recorded under that name, with the same bytes. No network, no key.

  --speed <speed>           instant (default), real, x10 (ten times as fast), max200 (no pause over 200 ms)
  --match strict|loose      loose: also requests of another version of the client (default: strict)
  --on-miss error|mock|record
                            Who answers what was not recorded: nobody (default), the mock, or Gemini, whose answer
                            is added to the recording
  --repeat                  An answer may be given more than once
  --verify                  Serve nothing: send every recorded request twice, and compare the answers
  --carry-over <new name>   Serve nothing: send every recorded request once, and record that under the new name
  -h, --help                This text
`;

const fail = (error: unknown): never => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
};

async function verify(folder: string): Promise<never> {
  const { requests, problems } = await verifyRecording(folder, 2).catch(fail);
  for (const problem of problems) console.log(problem);
  console.log(`${requests} requests sent twice, ${problems.length} problems`);
  process.exit(problems.length > 0 ? 1 : 0);
}

async function carry(folder: string, name: string): Promise<never> {
  const into = namedRecording([name]).folder;
  const { requests, changed, lines, lost }: Carried = await carryOver(folder, into).catch(fail);
  for (const line of lines) console.log(line);
  console.log(`${requests} requests carried over, ${changed} of them sent otherwise, ${lost} lost: ${into}`);
  process.exit(lost > 0 ? 1 : 0);
}

/** Other flags would change nothing, since all is sent as it was recorded. */
function checkAlone(flag: string, [other]: readonly string[]): void {
  if (other !== undefined)
    fail(`${flag} sends all as it was recorded, and takes no other flag; leave out ${other}`);
}

export async function replay(argv: readonly string[]): Promise<void> {
  helpAtOnce(argv, HELP);
  const { folder, rest } = namedRecording(argv);
  const isVerified = rest.includes('--verify');
  const carrying = takeFlag('--carry-over', rest);
  if (isVerified) checkAlone('--verify', rest.toSpliced(rest.indexOf('--verify'), 1));
  if (carrying) checkAlone('--carry-over', carrying.others);
  if (!existsSync(folder)) throw noSuchRecording(argv[0] ?? '');
  if (isVerified) await verify(folder);
  if (carrying) await carry(folder, carrying.value);
  await serve(['--backend', 'replay', '--replay', folder, ...asReplayFlags(rest)]);
}
