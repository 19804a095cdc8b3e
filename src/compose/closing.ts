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

function closingLine(answers: number, graceMs: number): string {
  const open = answers === 1 ? 'one answer' : `${answers} answers`;
  const what = graceMs > 0 ? `waits up to ${graceMs / 1000} s for ${open}` : `breaks off ${open}`;
  const closing = answers === 0 ? 'closing' : `closing: ${what} under way`;
  return `${closing}; a second signal ends at once`;
}

/** What runs at each signal, and at whatever else ends the proxy. */
export type Closing = {
  /** Lets answers under way come to their end. */
  close(why: string): void;
  /** For the end of those who wanted the answers. */
  breakOff(why: string): void;
};

export function createClosing(parts: ClosingParts): Closing {
  const { clock, logger, exit } = parts;
  const finish = async (graceMs: number) => {
    try {
      await parts.stopListening(graceMs);
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
  let waits = false;
  const end = (signal: string, graceMs: number) => {
    // Ctrl-C goes to everybody in the terminal: a moment later those have ended who wanted the answers.
    if (waits && graceMs === 0) {
      waits = false;
      ignoreFailure(parts.stopListening(graceMs));
      return;
    }
    const now = clock.monotonic();
    if (closingSince !== undefined && now - closingSince < ECHO_MS) return;
    if (closingSince !== undefined) {
      exit(EXIT_FAILED);
      return;
    }
    closingSince = now;
    waits = graceMs > 0;
    logger.info({ signal, answers: parts.answering() }, closingLine(parts.answering(), graceMs));
    ignoreFailure(limit());
    void finish(graceMs);
  };
  return { close: (why) => end(why, GRACE_MS), breakOff: (why) => end(why, 0) };
}
