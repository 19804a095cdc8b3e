/** What a process that serves, or that is the parent of those who serve, begins with. */

import type { Closing } from '../../compose/closing.ts';
import type { ForPrograms } from '../../config/command-line/flags.ts';
import { type Config, ConfigError, readConfig, secretsOf } from '../../config/config.ts';
import type { EnvFiles, Environment } from '../../config/env-files.ts';
import { tellListening, USERS_FOLDER, watchLauncher, watchUsers } from '../../config/launcher.ts';
import { createLogger, type Logger } from '../../lib/log.ts';
import { systemClock } from '../../lib/ports.ts';

export type Serving = {
  argv: readonly string[];
  files: EnvFiles;
  config: Config;
  forPrograms: ForPrograms;
  logger: Logger;
  format: 'pretty' | 'json';
};

export const EXIT_FAILED = 1;

export function exitWith(line: string, code: number): never {
  process.stderr.write(`${line}\n`);
  process.exit(code);
}

export const failed = (error: unknown): never =>
  exitWith(error instanceof Error ? error.message : String(error), EXIT_FAILED);

export async function openLogger(config: Config, env: Environment, { json }: ForPrograms) {
  const onTerminal = process.stdout.isTTY === true;
  // The agreed way of terminals to say no: https://no-color.org
  const colour = onTerminal && !env['NO_COLOR'];
  const format = config.log.format ?? (onTerminal ? 'pretty' : 'json');
  const logger = await createLogger({
    level: config.log.level,
    format,
    secrets: secretsOf(config),
    colour,
    ...(json ? { write: (line: string) => void process.stderr.write(line) } : {}),
  });
  // A mistake of ours in one request must not end the streams of all others.
  process.on('unhandledRejection', (error) => logger.error({ error }, 'a failure that nobody was told of'));
  return { logger, format };
}

/** Runs what needs the port. Where the port cannot be had, says why and exits. */
export function withPort<T>(config: Config, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = error instanceof Error ? error.message : String(error);
    const where = `${config.host}:${config.port}`;
    exitWith(
      code === 'EADDRINUSE'
        ? `PORT: ${where} is in use already; choose another with --port`
        : `HOST, PORT: ${where} cannot be had: ${why}`,
      EXIT_FAILED,
    );
  }
}

/** Reads the settings anew, and uses them. If they cannot be read, nothing changes: the proxy goes on with those it has. */
export function readAnew(
  { files, argv, logger }: Serving,
  use: (config: Config) => void,
): Config | undefined {
  try {
    const config = readConfig(files.read(), argv);
    use(config);
    return config;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    logger.error(error instanceof ConfigError ? {} : { error }, `settings stay as they were: ${why}`);
    return undefined;
  }
}

/** Ends the proxy when those are gone for whom it was started. */
export function endWithUsers(
  url: string,
  { files, forPrograms }: Serving,
  { close, breakOff }: Closing,
): void {
  if (forPrograms.endWithInput) process.stdin.once('end', () => breakOff('the end of its input')).resume();
  void watchLauncher(process, () => close('the end of npx'), { clock: systemClock });
  const folder = files.atStart[USERS_FOLDER];
  if (folder === undefined) return;
  tellListening(folder, { url, pid: process.pid });
  void watchUsers(folder, () => close('the end of the last Claude Code'), { clock: systemClock });
}
