/** The TurnEvents of one answer: tries opened through the gate, within the retry budget and the deadline for the first content. */

import { UpstreamError } from '../gemini/errors.ts';
import { abortAfter, followSignal, ignoreFailure } from '../lib/async.ts';
import { isContent, type TurnEvent } from '../translate/response/turn.ts';
import type { AnswerTries } from './answer-tries.ts';
import { type Gate, gate } from './gate.ts';
import type { Job } from './job.ts';
import type { AnswerPorts } from './ports.ts';
import { RetryPolicy } from './retry-policy.ts';

export type TurnSource = Pick<Gate<TurnEvent>, 'head' | 'items'> & {
  /** So far there was no way to upstream. */
  isAway(): boolean;
};

/** Aborts `target` when the time is up, unless it was called off. Returns how to call it off. */
function setDeadline(target: AbortController, call: Job, deps: AnswerPorts): () => void {
  const { requestTimeoutMs } = deps.settings;
  const left = call.startedAt + requestTimeoutMs - deps.clock.monotonic();
  const late = () => {
    const seconds = Math.round(requestTimeoutMs / 1000);
    return new UpstreamError('timeout', `nothing usable within ${seconds} s (REQUEST_TIMEOUT)`);
  };
  return abortAfter(Math.max(0, left), target, late, deps.clock);
}

/**
 * Begins at once. Whoever stops iterating `items`, or aborts the call, ends upstream. `streamed`: the deadline holds until the first
 * content, else for the whole.
 */
export function openTurn(tries: AnswerTries, streamed: boolean, call: Job, deps: AnswerPorts): TurnSource {
  const { settings, stats, logger, clock, random } = deps;
  const controller = new AbortController();
  const unfollow = followSignal(call.signal, controller);
  const callOff = setDeadline(controller, call, deps);
  const ticket = deps.budget.begin(tries.asker);
  const release = () => {
    callOff();
    unfollow();
    ticket.end();
  };
  // Whoever leaves between two items does not come back to say so.
  controller.signal.addEventListener('abort', release, { once: true });
  const ceiling = streamed ? settings.maxRetries.stream : settings.maxRetries.unary;
  const onRetry = () => {
    call.facts.retries++;
    stats.retries++;
  };
  const policy = new RetryPolicy({ ticket, ceiling, clock, random, onRetry });
  const gated = gate<TurnEvent>({
    open(_attempt, signal) {
      policy.tryBegins();
      return tries.read(policy, signal);
    },
    isContent,
    mayRetry: (error) => policy.allows(error),
    leastWait: (error) => policy.leastWait(error),
    mostWait: () => policy.mostWait(),
    clock,
    random,
    signal: controller.signal,
    onRetry(error, attempt) {
      const message = error instanceof Error ? error.message : String(error);
      logger.debug({ request_id: call.id, attempt, error: message }, 'retry');
    },
  });

  async function* watched(): AsyncGenerator<TurnEvent, void, undefined> {
    let waiting = streamed;
    try {
      for await (const item of gated.items) {
        if (waiting && isContent(item)) {
          waiting = false;
          callOff();
        }
        yield item;
      }
    } catch (error) {
      throw policy.explain(error);
    } finally {
      release();
    }
  }
  // Refused before anything came: nobody will iterate.
  const head = gated.head.catch((error: unknown) => {
    release();
    throw policy.explain(error);
  });
  ignoreFailure(head);
  return { head, items: watched(), isAway: () => policy.isAway };
}
