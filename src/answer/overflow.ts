/**
 * A prompt over the window, told with both numbers: Claude Code compacts by them, and Google often says the maximum
 * alone. Then the prompt is counted, quickly or by estimate: it is known to be over, so any figure above the maximum helps.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import { overflowSaid } from '../gemini/overflow-said.ts';
import { ignoreFailure } from '../lib/async.ts';
import { askGoogle } from './count.ts';
import { estimateBodyTokens } from './estimate-tokens.ts';
import type { Job } from './job.ts';
import type { AnswerPorts } from './ports.ts';
import type { Prepared } from './prepare.ts';
import type { TurnSource } from './turn-source.ts';

/** Milliseconds: the client waits for its error. */
const COUNT_TIMEOUT_MS = 2_000;

/** `source`, whose overflow tells how long the prompt is. */
export function withOverflowCounted(
  source: TurnSource,
  prepared: () => Prepared,
  call: Job,
  deps: AnswerPorts,
): TurnSource {
  // Head and items fail with the same error: counted once.
  let counted: Promise<unknown> | undefined;
  const explain = (error: unknown) => {
    counted ??= explained(error, prepared(), call, deps);
    return counted;
  };
  async function* items() {
    try {
      yield* source.items;
    } catch (error) {
      throw await explain(error);
    }
  }
  const head = source.head.catch(async (error: unknown) => {
    throw await explain(error);
  });
  // A whole answer is read from its items alone.
  ignoreFailure(head);
  return { ...source, head, items: items() };
}

async function explained(error: unknown, prepared: Prepared, call: Job, deps: AnswerPorts): Promise<unknown> {
  if (!(error instanceof UpstreamError) || failureClass(error) !== 'context-overflow') return error;
  const said = overflowSaid(error.message);
  if (said?.tokens !== undefined && said.maximum !== undefined) return error;
  // The window of a model that we do not know may be smaller than we think.
  const maximum = said?.maximum ?? Math.min(prepared.model.inputTokens, (said?.tokens ?? Infinity) - 1);
  const tokens = said?.tokens ?? Math.max(await countOf(prepared, call, deps), maximum + 1);
  const { kind, status, google, retryAfter } = error;
  return new UpstreamError(
    kind,
    // Google's own words for when it has both numbers.
    `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${maximum}).`,
    { status, google, retryAfter, cause: error },
  );
}

async function countOf(
  { model, body, route: { backend }, exchange, quarantine }: Prepared,
  call: Job,
  deps: AnswerPorts,
): Promise<number> {
  // The body was made for the key that it was sent with.
  const route = deps.keys.countRoute(model.id, undefined, backend);
  try {
    return await askGoogle(
      { model, body, route, exchange, quarantine, timeoutMs: COUNT_TIMEOUT_MS },
      call,
      deps,
    );
  } catch (error) {
    call.warn(
      'value-clamped',
      'messages',
      `size estimated, because Gemini could not count: ${String(error)}`,
    );
    return estimateBodyTokens(body);
  }
}
