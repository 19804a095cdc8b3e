/** `bun run start`: serves, until a signal ends it. */

import { readForPrograms } from '../config/command-line/flags.ts';
import { type Config, ConfigError, readConfig, requestedText } from '../config/config.ts';
import type { Environment } from '../config/env-files.ts';
import { openOwnEnvFiles } from '../config/program.ts';
import { seatIn } from '../config/worker-seat.ts';
import { exitWith, openLogger, type Serving } from './serving/serving.ts';

const EXIT_USAGE = 2;

function readCommandLine(env: Environment, argv: readonly string[]): Config {
  try {
    const text = requestedText(argv);
    if (text === undefined) return readConfig(env, argv);
    process.stdout.write(text);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(error.message, EXIT_USAGE);
    throw error;
  }
  process.exit(0);
}

/** Each of the three loads its own code: a parent of workers needs nothing of what answers requests. */
export async function serve(argv: readonly string[]): Promise<void> {
  const files = openOwnEnvFiles();
  const seat = seatIn(files.atStart);
  const env = seat?.env ?? files.atStart;
  const config = readCommandLine(env, argv);
  const forPrograms = readForPrograms(argv);
  const logging = await openLogger(config, env, forPrograms);
  const serving: Serving = { argv, files, config, forPrograms, ...logging };
  if (seat) await (await import('./serving/worker.ts')).serveAsWorker(seat.worker, serving);
  else if (config.workers > 1) await (await import('./serving/parent.ts')).serveWithWorkers(serving);
  else await (await import('./serving/alone.ts')).serveAlone(serving);
}
