/**
 * `bun run replay <name> [--speed S] [--match loose] [--on-miss mock|record] [--repeat] [flags of start]` serves what was
 * recorded under that name. With `--verify` it serves nothing: it sends every recorded request twice, and compares the
 * answers.
 */
import { verifyRecording } from '../compose/verify-recording.ts';
import { namedRecording } from './recordings/named-recording.ts';
import { serve } from './serve.ts';

const USAGE = `usage: bun run replay <name> [--speed S] [--match strict|loose] [--on-miss error|mock|record] [--repeat] [flags of bun run start]
       bun run replay <name> --verify`;

/** The flags that stand for settings with a longer name. */
const SHORT_FLAG = /^--(?=(?:speed|match|on-miss|repeat)(?:=|$))/;

async function verify(folder: string): Promise<never> {
  const { requests, problems } = await verifyRecording(folder, 2).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
  for (const problem of problems) console.log(problem);
  console.log(`${requests} requests sent twice, ${problems.length} problems`);
  process.exit(problems.length > 0 ? 1 : 0);
}

export async function replay(argv: readonly string[]): Promise<void> {
  const { folder, rest } = namedRecording(argv, USAGE);
  if (rest.includes('--verify')) await verify(folder);
  const flags = rest.map((flag) => flag.replace(SHORT_FLAG, '--replay-'));
  await serve(['--backend', 'replay', '--replay', folder, ...flags]);
}
