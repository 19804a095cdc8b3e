/** The folders of recordings that were given a name. */
import { join } from 'node:path';

export const RECORDINGS = join(import.meta.dir, '../../fixtures/recordings');

const NAME = /^[a-z0-9][a-z0-9._-]*$/i;

/** The folder of the recording that the command line names first. Prints `usage` and exits where it names none. */
export function namedRecording(usage: string): { folder: string; rest: string[] } {
  const [name = '', ...rest] = process.argv.slice(2);
  if (NAME.test(name)) return { folder: join(RECORDINGS, name), rest };
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
