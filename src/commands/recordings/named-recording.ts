/** The recordings that were given a name. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asCalled, RECORDINGS } from '../../config/program.ts';
import { ArgumentError } from '../../lib/program/arguments.ts';
import { quoted } from '../../lib/shown-text.ts';
import { MANIFEST } from '../../sim/cassette/layout.ts';
import { problemOf } from '../../sim/cassette/text-files.ts';

const NAME = /^[a-z0-9][a-z0-9._-]*$/i;

/**
 * The folder of the recording that the arguments name first: by its name, or by a path, which has a slash. Where they name none, an
 * error has `usage` in it.
 */
export function namedRecording(
  argv: readonly string[],
  usage: string,
): { folder: string; rest: readonly string[] } {
  const [name = '', ...rest] = argv;
  if (NAME.test(name)) return { folder: join(RECORDINGS, name), rest };
  if (/^(?!-).*[\\/]/.test(name)) return { folder: resolve(name), rest };
  if (name !== '--help' && name !== '-h') throw new ArgumentError(`${wrongName(name)}\n${usage}`);
  process.stdout.write(`${asCalled(usage)}\nRecordings lie in ${RECORDINGS}\n`);
  process.exit(0);
}

const wrongName = (name: string): string =>
  name === '' || name.startsWith('-')
    ? 'which recording? Its name comes first'
    : `${quoted(name)}: is no name for a recording; use letters, digits, ".", "_" and "-", or a path with a slash`;

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
