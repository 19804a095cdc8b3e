/** `check <folder>`: finds what is wrong with scenarios, without network, key or proxy. */
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { SCENARIOS } from '../compose/mock-upstream.ts';
import { asCalled, openOwnEnvFiles } from '../config/program.ts';
import { ArgumentError, readArguments } from '../lib/program/arguments.ts';
import { type Checked, checkFolder, checkSources } from '../sim/scenario/check.ts';
import { scenarioSchema } from '../sim/scenario/json-schema.ts';
import { problemLine } from '../sim/scenario/problems.ts';

const EXIT_WRONG = 1;

const HELP = `Finds what is wrong with scenarios of the mock: every error with its file and line, and what can never be reached

  bun run start check FOLDER       a folder, or files
  bun run start check              the folder that SCENARIOS names, else the built-in scenarios
  bun run start check --schema     the JSON Schema of a scenario file, for editors

The exit code is 0 where all can be used, 1 where something is wrong. docs/scenarios.md says what a file has.
`;

const OPTIONS = { schema: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What is told of the check: a line for each finding, then the sum. */
export function reportOf({ files, errors, warnings }: Checked): string[] {
  return [
    ...errors.map((problem) => problemLine(problem)),
    ...warnings.map((problem) => `${problemLine(problem)} (warning)`),
    `${counted(files.length, 'file')}: ${counted(errors.length, 'error')}, ${counted(warnings.length, 'warning')}`,
  ];
}

/** Checks a folder or a file. Throws with one line where there is nothing to check. */
function checkPath(path: string): Checked {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new ArgumentError(`${path}: there is no such file or folder`);
  if (found.isDirectory()) {
    const checked = checkFolder(path);
    if (checked.files.length === 0)
      throw new ArgumentError(`${path}: has no scenario; a file ends in .yaml, .yml or .json`);
    return checked;
  }
  return checkSources([{ place: { folder: dirname(path), isOwn: true }, file: basename(path) }]);
}

const together = (all: readonly Checked[]): Checked => ({
  files: all.flatMap(({ files }) => files),
  errors: all.flatMap(({ errors }) => errors),
  warnings: all.flatMap(({ warnings }) => warnings),
});

export async function check(argv: readonly string[]): Promise<void> {
  const say = (text: string) => void process.stdout.write(asCalled(text));
  const { values, positionals } = readArguments(argv, OPTIONS, { isPlain: true });
  if (values.help) return say(HELP);
  if (values.schema) return say(scenarioSchema());
  const named = openOwnEnvFiles().atStart['SCENARIOS'];
  const usual = named === undefined || named === '' ? SCENARIOS : resolve(named);
  const checked = together((positionals.length > 0 ? positionals : [usual]).map(checkPath));
  say(`${reportOf(checked).join('\n')}\n`);
  if (checked.errors.length > 0) process.exitCode = EXIT_WRONG;
}
