/** `bun run start`: serves, until a signal ends it. */

import { type ForPrograms, readForPrograms } from '../config/command-line/flags.ts';
import { isolatedEnvFiles } from '../config/command-line/isolated.ts';
import { type Config, ConfigError, readConfig, requestedText } from '../config/config.ts';
import { type EnvFiles, type Environment, noEnvFiles } from '../config/env-files.ts';
import { openOwnEnvFiles } from '../config/program.ts';
import { seatIn } from '../config/worker-seat.ts';
import { temporaryFolder } from '../lib/program/temporary-folder.ts';
import { exitWith, failed, openLogger, type Serving } from './serving/serving.ts';

const EXIT_USAGE = 2;

function readCommandLine<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) exitWith(error.message, EXIT_USAGE);
    throw error;
  }
}

function openFiles({ isolated }: ForPrograms): EnvFiles {
  if (!isolated) return openOwnEnvFiles();
  // The parent of a worker has chosen the folder, and has left the settings out of its environment.
  if (seatIn(process.env)) return noEnvFiles(process.env);
  try {
    return isolatedEnvFiles(process.env, temporaryFolder('gemini-claude-proxy-').path);
  } catch (error) {
    return failed(error);
  }
}

function readSettings(env: Environment, argv: readonly string[]): Config {
  const text = requestedText(argv);
  if (text === undefined) return readConfig(env, argv);
  process.stdout.write(text);
  process.exit(0);
}

/** Each of the three loads its own code: a parent of workers needs nothing of what answers requests. */
export async function serve(argv: readonly string[]): Promise<void> {
  const forPrograms = readCommandLine(() => readForPrograms(argv));
  const files = openFiles(forPrograms);
  const seat = seatIn(files.atStart);
  const env = seat?.env ?? files.atStart;
  const config = readCommandLine(() => readSettings(env, argv));
  const logging = await openLogger(config, env, forPrograms);
  const serving: Serving = { argv, files, config, forPrograms, ...logging };
  if (seat) await (await import('./serving/worker.ts')).serveAsWorker(seat.worker, serving);
  else if (config.workers > 1) await (await import('./serving/parent.ts')).serveWithWorkers(serving);
  else await (await import('./serving/alone.ts')).serveAlone(serving);
}
