/** The recordings that were given a name. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asCalled, RECORDINGS } from '../../config/program.ts';
import { ArgumentError } from '../../lib/program/arguments.ts';
import { quoted } from '../../lib/shown-text.ts';
import { MANIFEST } from '../../sim/cassette/layout.ts';
import { problemOf } from '../../sim/cassette/text-files.ts';

const NAME = /^[a-z0-9][a-z0-9._-]*$/i;

/** The folder of the recording that the arguments name first: by its name, or by a path, which has a slash. */
export function namedRecording(argv: readonly string[]): { folder: string; rest: readonly string[] } {
  const [name = '', ...rest] = argv;
  if (NAME.test(name)) return { folder: join(RECORDINGS, name), rest };
  if (/^(?!-).*[\\/]/.test(name)) return { folder: resolve(name), rest };
  if (name === '' || name.startsWith('-'))
    throw new ArgumentError('which recording? Its name comes first; --help tells more');
  throw new ArgumentError(
    `${quoted(name)}: is no name for a recording; use letters, digits, ".", "_" and "-", or a path with a slash`,
  );
}

/** Prints `help` and ends where that is asked for. */
export function helpAtOnce(argv: readonly string[], help: string): void {
  if (!argv.includes('--help') && !argv.includes('-h')) return;
  process.stdout.write(
    `${asCalled(help)}\nRecordings lie in ${RECORDINGS}. One elsewhere is named by its path.\n`,
  );
  process.exit(0);
}

const placesOf = (word: string, recordings: string): string[] => [join(recordings, word), resolve(word)];

export function noSuchRecording(word: string, recordings: string = RECORDINGS): ArgumentError {
  const closed = placesOf(word, recordings).flatMap((folder) => whyClosed(folder) ?? []);
  return new ArgumentError(closed[0] ?? `${word}: there is no such recording; bun run recordings lists them`);
}

/** Why a folder that is there cannot be read: often another user has made it, since recordings are private. */
function whyClosed(folder: string): string | undefined {
  try {
    readdirSync(folder);
    return undefined;
  } catch (error) {
    const isThere = lstatSync(folder, { throwIfNoEntry: false }) !== undefined;
    return isThere ? `${folder} cannot be read: ${problemOf(error)}` : undefined;
  }
}

/** The folder of a recording, by its name among `recordings` or by its path; undefined where there is none. */
export const recordingAt = (word: string, recordings: string): string | undefined =>
  placesOf(word, recordings).find((folder) => existsSync(join(folder, MANIFEST)));
