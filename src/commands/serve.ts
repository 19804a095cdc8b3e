/** `bun run start`: serves, until a signal ends it. */
import { isatty } from 'node:tty';
import { createClosing, DRAIN_LIMIT_MS } from '../compose/closing.ts';
import { compose, type System } from '../compose/compose.ts';
import { startWatchdog } from '../compose/watchdog.ts';
import { type Config, ConfigError, readConfig, requestedText, secretsOf, VERSION } from '../config/config.ts';
import type { EnvFiles, Environment } from '../config/env-files.ts';
import { tellListening, USERS_FOLDER, watchLauncher, watchUsers } from '../config/launcher.ts';
import { openOwnEnvFiles, unreadEnvFile } from '../config/program.ts';
import { watchFiles } from '../config/watch-files.ts';
import type { Listening } from '../http/listen.ts';
import { createLogger, type Logger } from '../lib/log.ts';
import { systemClock, systemConnect, systemRandom } from '../lib/ports.ts';

/** Milliseconds between two signs of life of the event loop. */
const SIGN_MS = 1_000;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

function exitWith(line: string, code: number): never {
  process.stderr.write(`${line}\n`);
  process.exit(code);
}

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

const connectLine = (config: Config, url: string): string =>
  `ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=${config.proxyApiKey === undefined ? 'dummy' : '<PROXY_API_KEY>'} claude --permission-mode acceptEdits`;

/** A person should know that everything is now written to the disk. */
const RECORDS = 'every request and answer, without keys; Ctrl-C ends it and says what there is';

function banner(config: Config, url: string): string {
  const { big, small, patterns } = config.modelMap;
  const mock = config.backend === 'mock' ? '   *** MOCK: no model answers, everything is made up ***' : '';
  return [
    `Gemini for Claude Code ${VERSION}`,
    `  backend  ${config.backend}${mock}`,
    `  url      ${url}   (docs: ${url}/swagger)`,
    `  models   opus, sonnet, fable → ${big} · haiku → ${small}`,
    ...patterns.map(([pattern, target]) => `           ${pattern} → ${target}`),
    ...(config.record === undefined ? [] : [`  records  ${config.record}   (${RECORDS})`]),
    ...(config.replay === undefined ? [] : [`  replays  ${config.replay.folder}`]),
    `  connect  ${connectLine(config, url)}`,
    '',
  ].join('\n');
}

/**
 * A JSON log must hold nothing but JSON: the text for people goes to stderr, and the log has the same facts in one
 * line.
 */
function announce(config: Config, format: 'pretty' | 'json', url: string, logger: Logger): void {
  (format === 'json' ? process.stderr : process.stdout).write(`${banner(config, url)}\n`);
  for (const notice of config.notices) logger.warn({}, notice);
  const { backend, modelMap } = config;
  const { record } = config;
  const recording = record === undefined ? {} : { record };
  const fields = {
    version: VERSION,
    backend,
    url,
    models: modelMap,
    ...recording,
    connect: connectLine(config, url),
  };
  if (format === 'json') logger.info(fields, 'listening');
}

const failed = (error: unknown): never =>
  exitWith(error instanceof Error ? error.message : String(error), EXIT_FAILED);

function start(make: () => System): System {
  try {
    return make();
  } catch (error) {
    return failed(error);
  }
}

function startListening(system: System, config: Config): Listening {
  try {
    return system.listen();
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

function closeOnSignal(listening: Listening, system: System, logger: Logger): (signal: string) => void {
  const onSignal = createClosing({
    stopListening: (graceMs) => listening.close(graceMs),
    closeSystem: () => system.close(),
    answering: () => system.answering(),
    exit: (code) => process.exit(code),
    clock: systemClock,
    logger,
  });
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return onSignal;
}

/** If the settings cannot be read, nothing changes: the proxy goes on with those it has. */
function reload(
  system: System,
  files: EnvFiles,
  argv: readonly string[],
  logger: Logger,
): Config | undefined {
  try {
    const config = readConfig(files.read(), argv);
    system.reload(config);
    return config;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    logger.error(error instanceof ConfigError ? {} : { error }, `settings stay as they were: ${why}`);
    return undefined;
  }
}

/** The first of input, output and errors that is a terminal. */
const terminal = [0, 1, 2].find((descriptor) => isatty(descriptor));
/** Closing a terminal sends SIGHUP too, and is meant as the end. */
const isTerminalGone = () => terminal !== undefined && !isatty(terminal);

/** Reads the settings anew on SIGHUP, and when a `.env` file or the file of a secret changes. */
function reloadOnChange(
  paths: readonly string[],
  readAnew: () => Config | undefined,
  close: (signal: string) => void,
): void {
  const watched = new Set<string>();
  const watch = (candidates: readonly string[]) => {
    const fresh = candidates.filter((path) => !watched.has(path));
    for (const path of fresh) watched.add(path);
    watchFiles(fresh, onChange, { clock: systemClock });
  };
  // The settings may name another file than before.
  const onChange = () => watch(readAnew()?.secretFiles ?? []);
  process.on('SIGHUP', (signal) => {
    if (isTerminalGone()) close(signal);
    else onChange();
  });
  watch(paths);
}

async function openLogger(config: Config, env: Environment) {
  const onTerminal = process.stdout.isTTY === true;
  // The agreed way of terminals to say no: https://no-color.org
  const colour = onTerminal && !env['NO_COLOR'];
  const format = config.log.format ?? (onTerminal ? 'pretty' : 'json');
  const logger = await createLogger({
    level: config.log.level,
    format,
    secrets: secretsOf(config),
    colour,
  });
  return { logger, format };
}

/** Ends the proxy when those are gone for whom it was started. */
function endWithUsers(url: string, env: Environment, close: (why: string) => void): void {
  void watchLauncher(process, () => close('the end of npx'), { clock: systemClock });
  const folder = env[USERS_FOLDER];
  if (folder === undefined) return;
  tellListening(folder, { url, pid: process.pid });
  void watchUsers(folder, () => close('the end of the last Claude Code'), { clock: systemClock });
}

export async function serve(argv: readonly string[]): Promise<void> {
  const files = openOwnEnvFiles();
  const config = readCommandLine(files.atStart, argv);
  const { logger, format } = await openLogger(config, files.atStart);
  const system = start(() =>
    compose(config, { clock: systemClock, random: systemRandom, connect: systemConnect, logger }),
  );
  const listening = startListening(system, config);
  const close = closeOnSignal(listening, system, logger);
  // A mistake of ours in one request must not end the streams of all others.
  process.on('unhandledRejection', (error) => logger.error({ error }, 'a failure that nobody was told of'));
  const readAnew = () => reload(system, files, argv, logger);
  reloadOnChange([...files.paths, ...config.secretFiles], readAnew, close);
  // A debugger that stops at a breakpoint stops the event loop, too.
  if (!process.execArgv.some((flag) => flag.startsWith('--inspect')))
    startWatchdog({ everyMs: SIGN_MS, most: DRAIN_LIMIT_MS / SIGN_MS });
  // Before anybody is told that the proxy listens: whoever is told may end at once.
  endWithUsers(listening.url, files.atStart, close);
  announce(config, format, listening.url, logger);
  const unread = unreadEnvFile();
  if (unread) logger.warn({}, unread);
  void system.warnOfNoUpstream();
  await system.warmUp().catch(failed);
}
