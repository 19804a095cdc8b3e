/** One process that serves a port. */
import { createClosing } from '../../compose/closing.ts';
import { systemClock } from '../../lib/ports.ts';
import { announce } from './announce.ts';
import { endWithUsers, failed, readAnew, type Serving } from './serving.ts';
import { reloadOnChange } from './settings-changes.ts';
import { listenHere } from './system.ts';

export async function serveAlone(serving: Serving): Promise<void> {
  const { config, files, logger } = serving;
  const { system, listening } = listenHere(serving);
  const closing = createClosing({
    stopListening: (graceMs) => listening.close(graceMs),
    closeSystem: () => system.close(),
    answering: () => system.answering(),
    exit: (code) => process.exit(code),
    clock: systemClock,
    logger,
  });
  process.on('SIGINT', closing.close);
  process.on('SIGTERM', closing.close);
  const reload = () => readAnew(serving, (next) => system.reload(next));
  reloadOnChange([...files.paths, ...config.watchedFiles], reload, closing.close);
  // What stops the start is told in place of an address, not after it.
  await system.warmUp().catch(failed);
  // Before anybody is told that the proxy listens: whoever is told may end at once.
  endWithUsers(listening.url, serving, closing);
  announce(listening.url, serving);
  void system.warnOfNoUpstream();
  system.refreshModels();
}
