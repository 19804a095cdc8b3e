/** The program: its first argument is a command, and without one it serves. */
import { COMMANDS, type Command, commandIn, commandsText } from './commands/table.ts';
import { isEnvironmentFit, startAnew } from './config/before-start.ts';

const EXIT_USAGE = 2;

const argv = process.argv.slice(2);
const { command, rest, unknown } = commandIn(argv);
if (unknown !== undefined) {
  process.stderr.write(`${unknown}: there is no such command\n\n${commandsText()}`);
  process.exit(EXIT_USAGE);
}
if (argv[0] === '--help' || argv[0] === '-h') process.stdout.write(`${commandsText()}\n`);
const { serves, run }: Command = COMMANDS[command];
if (serves && !isEnvironmentFit()) startAnew();
await run(rest);
