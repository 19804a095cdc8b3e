/** One of several processes that serve a port. Its parent says what is to be said, and tells it when to end. */
import { SIGN_OF_LIFE_MS } from '../../cluster/worker-messages.ts';
import { type Closing, createClosing } from '../../compose/closing.ts';
import type { Logger } from '../../lib/log.ts';
import { systemClock } from '../../lib/ports.ts';
import { linkToParent } from '../../workers/parent.ts';
import { EXIT_FAILED, failed, readAnew, type Serving } from './serving.ts';
import { listenHere } from './system.ts';

/** This worker says what all of them would say alike. */
const SPEAKER = 1;

/** For what the parent says already. */
const withoutInfo = (logger: Logger): Logger => ({ ...logger, info() {} });

export async function serveAsWorker(worker: number, serving: Serving): Promise<void> {
  const parent = linkToParent();
  const { logger } = serving;
  const isSpeaker = worker === SPEAKER;
  const { system, listening } = listenHere(serving, { number: worker, isSpeaker, parent });
  const parts = {
    closeSystem: () => system.close(),
    answering: () => system.answering(),
    clock: systemClock,
    logger: withoutInfo(logger),
  };
  const closing = createClosing({
    ...parts,
    stopListening: (graceMs) => listening.close(graceMs),
    exit: (code) => process.exit(code),
  });
  let isClosing = false;
  const closeOnce = (how: keyof Closing) => {
    if (!isClosing) closing[how]('the parent');
    isClosing = true;
  };
  // A signal to the whole group reaches the parent as well, which tells us to close: that is no second signal.
  process.on('SIGTERM', (signal) => {
    isClosing = true;
    closing.close(signal);
  });
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  parent.onGone(() => {
    // Nobody is left to pass on what the other workers learn, and the port must be free for the next proxy.
    const leave = createClosing({
      ...parts,
      stopListening: (graceMs) => listening.close(graceMs),
      exit: () => process.exit(EXIT_FAILED),
    });
    leave.breakOff('the end of the parent');
  });
  parent.listen(({ kind }) => {
    if (kind === 'close') closeOnce('close');
    if (kind === 'break-off') closeOnce('breakOff');
    if (kind === 'reload') void readAnew(serving, (next) => system.reload(next));
  });
  parent.open();
  await system.warmUp().catch(failed);
  parent.send({ kind: 'listening' });
  setInterval(() => parent.send({ kind: 'alive' }), SIGN_OF_LIFE_MS);
  void system.warnOfNoUpstream();
  system.refreshModels();
}
