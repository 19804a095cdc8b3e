/** `bun run record <name> [flags of start]` serves, and records under that name. Ctrl-C ends it. */
import { namedRecording } from './recordings/named-recording.ts';
import { serve } from './serve.ts';

export async function record(argv: readonly string[]): Promise<void> {
  const { folder, rest } = namedRecording(argv, 'usage: bun run record <name> [flags of bun run start]');
  await serve(['--record', folder, ...rest]);
}
