/** Secrets in files of their own, as Docker, Kubernetes and systemd hand them over: an environment is seen by more people than a file. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { quoted } from '../lib/shown-text.ts';
import { ConfigError } from './read-value.ts';
import { VARIABLE_ROWS, type VariableName } from './variables.ts';

/** A setting as somebody wrote it. `source`: the name of the variable, or the flag. */
export type GivenText = { source: string; text: string };

type GivenAs = (name: VariableName) => GivenText | undefined;

/** The settings that hold the path of a secret's file. */
type FileName = Extract<VariableName, `${VariableName}_FILE`>;

const isFileName = (name: VariableName): name is FileName =>
  VARIABLE_ROWS.some(([other]) => name === `${other}_FILE`);

export const FILE_NAMES: readonly FileName[] = VARIABLE_ROWS.map(([name]) => name).filter(isFileName);

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; the setting takes the path of a file, not the secret itself',
  ENOTDIR: 'a part of its path is no folder',
  ENAMETOOLONG: 'its path is too long; the setting takes the path of a file, not the secret itself',
  EACCES: 'the user that runs this process may not read the file; change its owner or its mode',
  EISDIR: 'a folder is there; a container engine makes one where the file that it should mount is missing',
};

/** Only what is surely a path is shown: some people set the secret itself where its file is asked for. */
const shown = (path: string): string => (isAbsolute(path) ? quoted(path) : 'the file');

function readText({ source, text: path }: GivenText): string {
  try {
    // Editors on Windows put a byte-order mark first.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new ConfigError(`${source}: ${shown(path)} cannot be read: ${REASONS[code] ?? code}`);
  }
}

const isSet = (given: GivenText | undefined): given is GivenText =>
  given !== undefined && given.text.trim() !== '';

/** What the file of the secret `name` holds; undefined where no file is named. Errors name the setting of the file. */
export function secretInFile(name: VariableName, givenAs: GivenAs): GivenText | undefined {
  const fileName = FILE_NAMES.find((other) => other === `${name}_FILE`);
  const file = fileName && givenAs(fileName);
  if (!isSet(file)) return undefined;
  const direct = givenAs(name);
  if (isSet(direct))
    throw new ConfigError(`${file.source}: ${direct.source} is set as well; leave out one of the two`);
  const path = file.text.trim();
  const text = readText({ source: file.source, text: path });
  if (text.trim() === '')
    throw new ConfigError(`${file.source}: ${shown(path)} is empty; write the value of ${name} into it`);
  return { source: file.source, text };
}
