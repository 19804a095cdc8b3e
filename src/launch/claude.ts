/** `bun run claude`: one command from nothing to Claude Code on Gemini. */
import { asCalled } from '../config/program.ts';
import { ConfigError } from '../config/read-value.ts';
import { type Arguments, HELP, readArguments } from './arguments.ts';
import { exitOfSignal } from './client.ts';
import { type LaunchPorts, readContext } from './context.ts';
import { EndedBySignal, launch } from './launch.ts';
import { StartError } from './proxies.ts';
import { printEnv, undo, writeSettings } from './write.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function act(args: Arguments, ports: LaunchPorts): Promise<number> {
  const { action } = args;
  switch (action.kind) {
    case 'help':
      ports.out(asCalled(HELP));
      return 0;
    case 'launch':
      return launch(readContext(args, ports));
    case 'print-env':
      return printEnv(action.format, readContext(args, ports));
    case 'write-settings':
      return writeSettings(action.scope, action.agreed, readContext(args, ports));
    case 'undo':
      return undo(action.scope, readContext(args, ports));
  }
}

/** True for errors of the file system, such as a folder that cannot be written, or a full disk. */
const isOfSystem = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && 'path' in error;

/** Returns the exit code: Claude Code's own, where Claude Code was run. */
export async function launchClaude(argv: readonly string[], ports: LaunchPorts): Promise<number> {
  try {
    return await act(readArguments(argv), ports);
  } catch (error) {
    if (error instanceof EndedBySignal) return exitOfSignal(error.signal);
    if (!(error instanceof ConfigError) && !(error instanceof StartError) && !isOfSystem(error)) throw error;
    ports.err(error.message);
    return error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
  }
}
