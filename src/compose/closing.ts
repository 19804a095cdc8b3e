/** The end of the process: what happens after a signal, and how long each part of it may take. */
import { ignoreFailure } from '../lib/async.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock } from '../lib/ports.ts';

/** Milliseconds in which answers under way may end without being broken off. */
const GRACE_MS = 30_000;
/**
 * Further milliseconds in which last events, recordings and the store may be written. Writes that need longer are cut
 * off.
 */
const CLOSE_MS = 10_000;
/** The longest time from a signal to the end. */
export const DRAIN_LIMIT_MS = GRACE_MS + CLOSE_MS;
/**
 * A signal to the whole process group comes twice: directly, and passed on by `bun run`. A person does not press twice
 * this fast.
 */
const ECHO_MS = 300;
const EXIT_FAILED = 1;

export type ClosingParts = {
  /** Stops accepting requests, and lets answers under way run for `graceMs`. */
  stopListening(graceMs: number): Promise<void>;
  /** Writes and closes the rest. */
  closeSystem(): Promise<void>;
  /** The number of answers under way. */
  answering(): number;
  exit(code: number): void;
  clock: Clock;
  logger: Logger;
};

function closingLine(answers: number): string {
  const waits = answers === 1 ? 'one answer' : `${answers} answers`;
  const closing =
    answers === 0 ? 'closing' : `closing: waits up to ${GRACE_MS / 1000} s for ${waits} under way`;
  return `${closing}; a second signal ends at once`;
}

/** Makes the function that runs at each signal. */
export function createClosing(parts: ClosingParts): (signal: string) => void {
  const { clock, logger, exit } = parts;
  const close = async () => {
    try {
      await parts.stopListening(GRACE_MS);
      await parts.closeSystem();
      exit(0);
    } catch (error) {
      logger.fatal({ error }, 'could not be closed in order');
      exit(EXIT_FAILED);
    }
  };
  const limit = async () => {
    await clock.sleep(DRAIN_LIMIT_MS);
    logger.fatal({}, `not closed after ${DRAIN_LIMIT_MS / 1000} s: ends all the same`);
    exit(EXIT_FAILED);
  };
  let closingSince: number | undefined;
  return (signal) => {
    const now = clock.monotonic();
    if (closingSince !== undefined && now - closingSince < ECHO_MS) return;
    if (closingSince !== undefined) {
      exit(EXIT_FAILED);
      return;
    }
    closingSince = now;
    logger.info({ signal, answers: parts.answering() }, closingLine(parts.answering()));
    ignoreFailure(limit());
    void close();
  };
}
