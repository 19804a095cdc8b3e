/** The command line of a script. `--help` tells its flags, and a slip is one line, not a stack trace. */
import { ArgumentError, type Options, type Parsed, readArguments } from '../../src/lib/program/arguments.ts';

const EXIT_USAGE = 2;

const HELP = { help: { type: 'boolean', short: 'h' } } as const;

export type Script<O extends Options> = {
  /** How it is called, such as `bun scripts/soak.ts`. */
  name: string;
  /** What it does: a sentence without its full stop. */
  about: string;
  options: O;
  /** What is written after the name beside flags. */
  words?: string;
};

const flagText = ([name, { type, multiple }]: [string, Options[string]]): string =>
  `[--${name}${type === 'boolean' ? '' : ` <value>${multiple ? ' …' : ''}`}]`;

function helpOf({ name, about, options, words }: Script<Options>): string {
  const flags = Object.entries(options).map(flagText);
  return `${[name, ...(words === undefined ? [] : [words]), ...flags].join(' ')}\n\n${about}`;
}

/** Ends the script for what somebody has typed. */
export function slip(message: string): never {
  console.error(message);
  process.exit(EXIT_USAGE);
}

export function commandLine<const O extends Options>(script: Script<O>): Parsed<O> {
  const options: Options = { ...script.options, ...HELP };
  try {
    const read = readArguments(process.argv.slice(2), options, { isPlain: script.words !== undefined });
    if (!read.values['help']) return read as Parsed<O>;
    console.log(helpOf(script));
    process.exit(0);
  } catch (error) {
    if (error instanceof ArgumentError) slip(error.message);
    throw error;
  }
}
