/**
 * `bun run replay <name> [--speed S] [flags of start]` serves what was recorded in `fixtures/recordings/<name>`. With
 * `--verify` it serves nothing: it sends every recorded request twice, and compares the answers.
 */

import { verifyRecording } from '../src/compose/verify-recording.ts';
import { namedRecording } from './recordings/folder.ts';

const { folder, rest } = namedRecording(
  'usage: bun run replay <name> [--speed S] [--verify] [flags of start]',
);
if (rest.includes('--verify')) {
  const { requests, problems } = await verifyRecording(folder, 2).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
  for (const problem of problems) console.log(problem);
  console.log(`${requests} requests sent twice, ${problems.length} problems`);
  process.exit(problems.length > 0 ? 1 : 0);
}
const flags = rest.map((flag) => flag.replace(/^--speed\b/, '--replay-speed'));
process.argv = [...process.argv.slice(0, 2), '--backend', 'replay', '--replay', folder, ...flags];
await import('../src/main.ts');
