/**
 * Tells the client both numbers where a prompt is longer than the window: the prompt's tokens and the maximum. Claude
 * Code decides by both how much to compact, and Google often says only the maximum. Then the prompt is counted within a
 * short time, or else estimated. The prompt is known to be too long, so any figure above the maximum will do.
 */
import { UpstreamError } from '../../gemini/errors.ts';
import { failureClass } from '../../gemini/failure.ts';
import { overflowSaid } from '../../gemini/overflow-said.ts';
import type { Job } from '../job.ts';
import type { Outgoing } from '../outgoing.ts';
import type { AnswerPorts } from '../ports.ts';
import { countAgain } from './count.ts';

/** Milliseconds after which the count is given up: the client is waiting for its error. */
const COUNT_TIMEOUT_MS = 2_000;

/** `error` with both numbers, if it says that the prompt of `sent` is over the window. */
export async function withOverflowCounted(
  error: unknown,
  sent: Outgoing,
  job: Job,
  ports: AnswerPorts,
): Promise<unknown> {
  if (!(error instanceof UpstreamError) || failureClass(error) !== 'context-overflow') return error;
  const said = overflowSaid(error.message);
  if (said?.tokens !== undefined && said.maximum !== undefined) return error;
  // The window of a model that we do not know may be smaller than we think.
  const maximum = said?.maximum ?? Math.min(sent.model.inputTokens, (said?.tokens ?? Infinity) - 1);
  const tokens = said?.tokens ?? Math.max(await countOf(sent, job, ports), maximum + 1);
  const { kind, status, google, retryAfter } = error;
  return new UpstreamError(
    kind,
    // Where Google's own words have both numbers, the client is told these words.
    `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${maximum}).`,
    { status, google, retryAfter, cause: error },
  );
}

async function countOf(sent: Outgoing, job: Job, ports: AnswerPorts): Promise<number> {
  try {
    // The count uses the key for which the request was made.
    return await countAgain(sent, COUNT_TIMEOUT_MS, job, ports);
  } catch (error) {
    job.warn('value-clamped', 'messages', `size estimated, because Gemini could not count: ${String(error)}`);
    return ports.promptTold(() => ({ tokens: sent.tokens(), cached: 0 })).tokens;
  }
}
