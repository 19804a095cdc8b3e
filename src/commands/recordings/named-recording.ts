/** The recordings that were given a name. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asCalled, RECORDINGS } from '../../config/program.ts';
import { MANIFEST } from '../../sim/cassette/layout.ts';

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

/** The folder of a recording, by its name among `recordings` or by its path; undefined where there is none. */
export const recordingAt = (word: string, recordings: string): string | undefined =>
  [join(recordings, word), resolve(word)].find((folder) => existsSync(join(folder, MANIFEST)));
