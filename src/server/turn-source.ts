/** The TurnEvents of one answer: tries opened through the gate, under the deadline for the first content. */
import { type Gate, gate } from '../backend/gate.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { followSignal, ignoreFailure } from '../lib/async.ts';
import type { AnswerPlan } from '../translate/context.ts';
import { isRetryable } from '../translate/errors.ts';
import { PartsReader } from '../translate/response/parts.ts';
import { isContent, type TurnEvent } from '../translate/response/turn.ts';
import type { Call } from './call.ts';
import type { ServerDeps } from './deps.ts';
import { MendingUpstream, type UpstreamRequest } from './mending-upstream.ts';

export type TurnRequest = UpstreamRequest & {
  plan: AnswerPlan;
  /** The client asked for a stream: the deadline then holds until the first content, else for the whole. */
  streamed: boolean;
};

/** Milliseconds inside the proxy for a key to come back; whoever has to wait longer is told. */
const LONGEST_WAIT_MS = 30_000;

export type TurnSource = Pick<Gate<TurnEvent>, 'head' | 'items'>;

const isBrokenStream = (error: unknown): boolean =>
  error instanceof UpstreamError && (error.kind === 'malformed' || error.kind === 'truncated');

/** One try. A reader of its own: what an earlier try said is forgotten. */
async function* readTry(
  upstream: MendingUpstream,
  turn: TurnRequest,
  call: Call,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, void, undefined> {
  const reply = await upstream.generate(signal);
  const reader = new PartsReader(turn.plan, call.warn);
  for await (const frames of reply.frames) {
    for (const frame of frames) yield* reader.read(frame);
  }
  yield* reader.end();
}

/** For a whole answer: nothing is told before the try has ended well, so its failure is free whenever it comes. */
async function* wholeTry(items: AsyncIterable<TurnEvent>): AsyncGenerator<TurnEvent, void, undefined> {
  const all: TurnEvent[] = [];
  for await (const item of items) all.push(item);
  yield* all;
}

/** Until content has come, a key that Google turns down makes room for the next one: that is no try of its own. */
async function* overKeys(
  items: () => AsyncIterable<TurnEvent>,
  { route }: TurnRequest,
  call: Call,
  deps: ServerDeps,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, void, undefined> {
  for (;;) {
    const left = call.startedAt + deps.settings.requestTimeoutMs - deps.clock.now();
    await route.ready(Math.min(LONGEST_WAIT_MS, left), signal);
    let content = false;
    try {
      for await (const item of items()) {
        if (!content && isContent(item)) {
          content = true;
          route.succeeded();
        }
        yield item;
      }
      route.succeeded();
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      // Noted even where it comes too late for this answer.
      const again = route.failed(error);
      if (!again || content) throw error;
      call.facts.failovers++;
      const message = error instanceof Error ? error.message : String(error);
      deps.logger.debug({ request_id: call.id, key: call.facts.key, error: message }, 'failover');
    }
  }
}

/** Aborts `target` when the time is up, unless it was called off. Returns how to call it off. */
function setDeadline(target: AbortController, call: Call, deps: ServerDeps): () => void {
  const { requestTimeoutMs } = deps.settings;
  const off = new AbortController();
  const left = call.startedAt + requestTimeoutMs - deps.clock.now();
  const timer = deps.clock.sleep(Math.max(0, left), off.signal).then(() => {
    const seconds = Math.round(requestTimeoutMs / 1000);
    target.abort(new UpstreamError('timeout', `nothing usable within ${seconds} s (REQUEST_TIMEOUT)`));
  });
  // Called off: the answer is there, or nobody waits for it any more.
  ignoreFailure(timer);
  return () => off.abort();
}

/** Begins at once. Whoever stops iterating `items`, or aborts the call, ends upstream. */
export function openTurn(turn: TurnRequest, call: Call, deps: ServerDeps): TurnSource {
  const { settings, stats, logger } = deps;
  const controller = new AbortController();
  const unfollow = followSignal(call.signal, controller);
  const callOff = setDeadline(controller, call, deps);
  const release = () => {
    callOff();
    unfollow();
  };
  const upstream = new MendingUpstream(turn, call);
  const gated = gate<TurnEvent>({
    open(_attempt, signal) {
      const items = () => {
        const read = readTry(upstream, turn, call, signal);
        return turn.streamed ? read : wholeTry(read);
      };
      return overKeys(items, turn, call, deps, signal);
    },
    isContent,
    isRetryable,
    maxTries: turn.streamed ? settings.maxTries.stream : settings.maxTries.unary,
    clock: deps.clock,
    random: deps.random,
    signal: controller.signal,
    onRetry(error, attempt) {
      // A whole answer takes another way through Google's front, and often comes where streams break.
      if (isBrokenStream(error)) upstream.askUnary();
      call.facts.retries++;
      stats.retries++;
      const message = error instanceof Error ? error.message : String(error);
      logger.debug({ request_id: call.id, attempt, error: message }, 'retry');
    },
  });

  async function* watched(): AsyncGenerator<TurnEvent, void, undefined> {
    let waiting = turn.streamed;
    try {
      for await (const item of gated.items) {
        if (waiting && isContent(item)) {
          waiting = false;
          callOff();
        }
        yield item;
      }
    } finally {
      release();
    }
  }
  // Refused before anything came: nobody will iterate.
  const head = gated.head.catch((error: unknown) => {
    release();
    throw error;
  });
  ignoreFailure(head);
  return { head, items: watched() };
}
