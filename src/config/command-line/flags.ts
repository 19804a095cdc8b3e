/** The flags of the command line: each setting, and what is no setting. */
import { ArgumentError, type Options, readArguments } from '../../lib/program/arguments.ts';
import { ConfigError } from '../read-value.ts';
import { FOR_PROGRAMS, flagOf } from '../texts.ts';
import { VARIABLE_ROWS } from '../variables.ts';

const OPTIONS: Options = Object.fromEntries([
  ...VARIABLE_ROWS.map(([name, { schema }]) => [
    flagOf(name),
    { type: schema['type'] === 'boolean' ? 'boolean' : 'string' },
  ]),
  ['help', { type: 'boolean', short: 'h' }],
  ['version', { type: 'boolean' }],
  [FOR_PROGRAMS.json, { type: 'boolean' }],
  [FOR_PROGRAMS.endWithInput, { type: 'boolean' }],
  [FOR_PROGRAMS.isolated, { type: 'boolean' }],
]);

/** Throws a ConfigError for a flag that there is not. */
export function parseFlags(argv: readonly string[]): Record<string, unknown> {
  try {
    return readArguments(argv, OPTIONS).values;
  } catch (error) {
    throw error instanceof ArgumentError ? new ConfigError(error.message) : error;
  }
}

/** What a program asks for that starts this one. */
export type ForPrograms = {
  /** The first line on stdout is JSON with the address; all else goes to stderr. */
  json: boolean;
  endWithInput: boolean;
  /** Nothing of its user counts: settings come from the flags alone, and its data go when it ends. */
  isolated: boolean;
};

export function readForPrograms(argv: readonly string[]): ForPrograms {
  const flags = parseFlags(argv);
  const isGiven = (name: keyof ForPrograms) => flags[FOR_PROGRAMS[name]] === true;
  return { json: isGiven('json'), endWithInput: isGiven('endWithInput'), isolated: isGiven('isolated') };
}
