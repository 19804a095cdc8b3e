/** `bun run record <name> [flags of start]` serves, and records into `fixtures/recordings/<name>`. Ctrl-C ends it. */
import { namedRecording } from './recordings/folder.ts';

const { folder, rest } = namedRecording('usage: bun run record <name> [flags of bun run start]');
process.argv = [...process.argv.slice(0, 2), '--record', folder, ...rest];
await import('../src/main.ts');
