/**
 * The size of a request. Google counts; where it cannot be asked now, the size is estimated: `/context` of Claude Code asks some 25
 * times in a row, and an error there would cost it retries for a figure it only displays.
 */
import type { CountTokensRequest } from '../anthropic/request.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import type { CountRoute } from '../keys/keys.ts';
import { abortAfter, followSignal } from '../lib/async.ts';
import type { Exchange } from '../lib/ports.ts';
import { toCountRequest } from '../translate/count.ts';
import { isUrlRefused } from '../translate/request/media/url-repair.ts';
import { bodyWithoutSignatures } from '../translate/request/repair.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { isGone, nextModel, noModelLeft, noteReplaced } from './fallback-model.ts';
import type { Job } from './job.ts';
import { RequestMedia } from './media/request-media.ts';
import type { AnswerPorts } from './ports.ts';
import { chooseModel, createExchange, openQuarantine, reportWarnings, requestContext } from './prepare.ts';
import { sessionOf } from './session.ts';
import type { Quarantine } from './tool-quarantine.ts';

/** Milliseconds; a count is to be quick, or not worth its wait. */
const COUNT_TIMEOUT_MS = 10_000;

/** What Google says of the request, or of the model that it names: an answer would be refused in the same words. */
const OF_THE_REQUEST: ReadonlySet<FailureClass> = new Set([
  'schema',
  'signature',
  'context-overflow',
  'content-filter',
  'media',
  'model-missing',
  'request',
]);

/** The client's to hear. Whatever else keeps Google from counting (quota, key, a gateway that cannot) says nothing of the size. */
const isRefusal = (error: UpstreamError): boolean =>
  error.google !== undefined &&
  (error.status === 400 || error.status === 404) &&
  OF_THE_REQUEST.has(failureClass(error));

export type CountRequest = {
  model: GeminiModel;
  body: string;
  route: CountRoute;
  exchange: Exchange;
  quarantine: Quarantine;
  timeoutMs: number;
};

async function countOverKeys(count: CountRequest, call: Job, signal: AbortSignal): Promise<number> {
  const { model, route, exchange, quarantine } = count;
  let { body } = count;
  const madeFor = route.backend;
  const refusal = route.refusal();
  if (refusal) throw refusal;
  for (;;) {
    const { backend } = route;
    call.facts.key = `#${backend.keyFingerprint}`;
    const sent = backend === madeFor ? body : bodyWithoutSignatures(body, model);
    try {
      const tokens = await backend.countTokens(model.id, sent, exchange, signal);
      quarantine.taken();
      route.succeeded();
      return tokens;
    } catch (error) {
      const mended = error instanceof UpstreamError ? quarantine.mend(error, sent) : undefined;
      if (mended !== undefined && !signal.aborted) {
        body = mended;
        continue;
      }
      if (signal.aborted || !route.failed(error)) throw error;
      call.facts.failovers++;
    }
  }
}

/** Google's count. Rejects where it does not come in time. */
export async function askGoogle(count: CountRequest, call: Job, deps: AnswerPorts): Promise<number> {
  const { timeoutMs } = count;
  const controller = new AbortController();
  const unfollow = followSignal(call.signal, controller);
  const late = () => new UpstreamError('timeout', 'no token count in time');
  const callOff = abortAfter(timeoutMs, controller, late, deps.clock);
  try {
    return await countOverKeys(count, call, controller.signal);
  } finally {
    callOff();
    unfollow();
  }
}

async function countOrEstimate(
  model: GeminiModel,
  request: GenerateContentRequest,
  route: CountRoute,
  call: Job,
  deps: AnswerPorts,
): Promise<number> {
  try {
    const exchange = createExchange('count-tokens', call, deps);
    const quarantine = openQuarantine(model, call, deps);
    const body = JSON.stringify(quarantine.apply(request));
    const count = { model, body, route, exchange, quarantine, timeoutMs: COUNT_TIMEOUT_MS };
    return await askGoogle(count, call, deps);
  } catch (error) {
    if (
      call.signal.aborted ||
      !(error instanceof UpstreamError) ||
      (isRefusal(error) && !isUrlRefused(error))
    )
      throw error;
    call.warn('value-clamped', 'input_tokens', `estimated, because Gemini could not count: ${String(error)}`);
    return estimateTokens(request);
  }
}

async function countWith(
  model: GeminiModel,
  request: CountTokensRequest,
  media: RequestMedia,
  call: Job,
  deps: AnswerPorts,
): Promise<number> {
  const route = deps.keys.countRoute(model.id, sessionOf(call.headers, undefined));
  const ctx = await requestContext(model, route, request.messages, media, call, deps);
  const { body, warnings } = toCountRequest(request, ctx);
  reportWarnings(warnings, call);
  return countOrEstimate(model, body, route, call, deps);
}

/** Where Google does not know the model, with the one that would answer in its place. */
export async function countOverModels(
  request: CountTokensRequest,
  call: Job,
  deps: AnswerPorts,
): Promise<number> {
  const media = new RequestMedia(request.messages, call, deps);
  let model = chooseModel(request.model, call, deps);
  const gone = new Map<string, UpstreamError>();
  for (;;) {
    try {
      return await countWith(model, request, media, call, deps);
    } catch (error) {
      if (!isGone(error)) throw error;
      gone.set(model.id, error);
      const other = nextModel(request.model, new Set(gone.keys()), deps);
      if (!other) throw noModelLeft(gone, request.model, deps) ?? error;
      noteReplaced({ from: model.id, to: other.id, why: failureClass(error) }, call);
      model = other;
    }
  }
}
