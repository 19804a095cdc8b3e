/** The parent of several processes that serve one port. It answers no request itself. */
import { WorkerHub } from '../../cluster/worker-hub.ts';
import { createClosing } from '../../compose/closing.ts';
import { serveCommand } from '../../config/program.ts';
import { urlOf } from '../../http/listen.ts';
import { systemClock } from '../../lib/ports.ts';
import { takePort } from '../../workers/port.ts';
import { spawnsWorkers } from '../../workers/spawn-worker.ts';
import { StartFailed, Supervisor } from '../../workers/supervisor.ts';
import { announce } from './announce.ts';
import { EXIT_FAILED, endWithUsers, failed, readAnew, type Serving, withPort } from './serving.ts';
import { reloadOnChange } from './settings-changes.ts';

export async function serveWithWorkers(serving: Serving): Promise<void> {
  const { argv, files, config, logger } = serving;
  const port = withPort(config, () => takePort(config.host, config.port));
  const hub = new WorkerHub(systemClock);
  const exit = (code: number): never => {
    supervisor.kill();
    process.exit(code);
  };
  const supervisor = new Supervisor({
    count: config.workers,
    spawn: spawnsWorkers({
      command: [...serveCommand(), ...argv, '--port', String(port)],
      env: files.outside,
      settings: files.atStart,
      cwd: process.cwd(),
    }),
    hub,
    clock: systemClock,
    logger,
    onGivenUp(why) {
      logger.fatal({}, why);
      exit(EXIT_FAILED);
    },
  });
  const closing = createClosing({
    stopListening: (graceMs) => supervisor.close(graceMs > 0 ? 'close' : 'break-off'),
    closeSystem: async () => {},
    answering: () => hub.open,
    exit,
    clock: systemClock,
    logger,
  });
  process.on('SIGINT', closing.close);
  process.on('SIGTERM', closing.close);
  await supervisor.start().catch((error: unknown) => {
    if (supervisor.isClosing) return;
    if (error instanceof StartFailed && !error.ending.isSilent) exit(error.ending.code);
    failed(error);
  });
  if (supervisor.isClosing) return;
  const reload = () => readAnew(serving, () => supervisor.reload());
  reloadOnChange([...files.paths, ...config.watchedFiles], reload, closing.close);
  const url = urlOf(config.host, port);
  // Before anybody is told that the proxy listens: whoever is told may end at once.
  endWithUsers(url, serving, closing);
  announce(url, serving);
}
