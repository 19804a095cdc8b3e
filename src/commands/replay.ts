/**
 * `bun run replay <name> [--speed S] [--match loose] [--on-miss mock|record] [--repeat] [flags of start]` serves what was
 * recorded under that name. With `--verify` it serves nothing: it sends every recorded request twice, and compares the
 * answers. With `--carry-over <new name>` it sends every recorded request once, and records that under the new name.
 */
import { existsSync } from 'node:fs';
import { type Carried, carryOver } from '../compose/carry-over.ts';
import { verifyRecording } from '../compose/verify-recording.ts';
import { namedRecording, noSuchRecording } from './recordings/named-recording.ts';
import { asReplayFlags, takeFlag } from './recordings/replay-flags.ts';
import { serve } from './serve.ts';

const USAGE = `usage: bun run replay <name> [--speed S] [--match strict|loose] [--on-miss error|mock|record] [--repeat] [flags of bun run start]
       bun run replay <name> --verify
       bun run replay <name> --carry-over <new name>`;

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
  const into = namedRecording([name], USAGE).folder;
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
  const { folder, rest } = namedRecording(argv, USAGE);
  const isVerified = rest.includes('--verify');
  const carrying = takeFlag('--carry-over', rest);
  if (isVerified) checkAlone('--verify', rest.toSpliced(rest.indexOf('--verify'), 1));
  if (carrying) checkAlone('--carry-over', carrying.others);
  if (!existsSync(folder)) throw noSuchRecording(argv[0] ?? '');
  if (isVerified) await verify(folder);
  if (carrying) await carry(folder, carrying.value);
  await serve(['--backend', 'replay', '--replay', folder, ...asReplayFlags(rest)]);
}
