/** The program: its first argument is a command, and without one it serves. */
import { COMMANDS, type Command, commandIn, commandsText, unknownText } from './commands/table.ts';
import { isEnvironmentFit, startAnew } from './config/before-start.ts';
import { asCalled } from './config/program.ts';
import { ArgumentError } from './lib/program/arguments.ts';

const EXIT_USAGE = 2;

const argv = process.argv.slice(2);
const { command, rest, unknown } = commandIn(argv);

function endWith(message: string): never {
  process.stderr.write(message);
  process.exit(EXIT_USAGE);
}

if (unknown !== undefined) endWith(unknownText(unknown));
if (argv[0] === '--help' || argv[0] === '-h') process.stdout.write(`${commandsText()}\n`);
const { serves, run }: Command = COMMANDS[command];
if (serves && !isEnvironmentFit()) startAnew();
try {
  await run(rest);
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error;
  endWith(asCalled(`${error.message}\n`));
}
