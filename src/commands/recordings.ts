/** The recordings that were given a name. */
import { join, resolve } from 'node:path';
import { asCalled, RECORDINGS } from '../config/program.ts';

const NAME = /^[a-z0-9][a-z0-9._-]*$/i;
const EXIT_USAGE = 2;

/**
 * The folder of the recording that the arguments name first: by its name, or by a path, which has a slash. Prints `usage` and
 * exits where they name none.
 */
export function namedRecording(
  argv: readonly string[],
  usage: string,
): { folder: string; rest: readonly string[] } {
  const [name = '', ...rest] = argv;
  if (NAME.test(name)) return { folder: join(RECORDINGS, name), rest };
  if (/^(?!-).*[\\/]/.test(name)) return { folder: resolve(name), rest };
  const isAsked = name === '--help' || name === '-h';
  (isAsked ? process.stdout : process.stderr).write(`${asCalled(usage)}\nRecordings lie in ${RECORDINGS}\n`);
  process.exit(isAsked ? 0 : EXIT_USAGE);
}
