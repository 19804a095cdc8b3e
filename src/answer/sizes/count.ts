/**
 * Tells the size of a request in tokens. Google counts the tokens; where Google cannot be asked now, the size is
 * estimated. Claude Code's `/context` asks about 25 times in a row, and after an error it would retry, only to get a
 * figure that it displays.
 */
import type { CountTokensRequest } from '../../anthropic/request.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import { failureClass } from '../../gemini/failure.ts';
import type { FailureClass } from '../../gemini/failure-class.ts';
import type { GeminiModel } from '../../gemini/models.ts';
import type { CountRoute, KeyRoute, Patience } from '../../keys/keys.ts';
import { countedCaller } from '../../translate/caller.ts';
import { toCountRequest } from '../../translate/count.ts';
import { type ContextEdits, clearedTokens } from '../../translate/edits/context-edits.ts';
import { isUrlRefused } from '../../translate/request/media/url-repair.ts';
import { Answer } from '../answer.ts';
import type { Attempt } from '../attempt.ts';
import { ModelChoice, type Models, type Wanted } from '../fallback-model.ts';
import type { Job } from '../job.ts';
import { RequestMedia } from '../media/request-media.ts';
import type { Uploads } from '../media/uploads.ts';
import { Outgoing } from '../outgoing.ts';
import type { AnswerPorts } from '../ports.ts';
import { chooseModel, createExchange, openQuarantine, reportWarnings, requestContext } from '../prepare.ts';
import type { Purse } from '../retries.ts';
import { sessionOf } from '../session.ts';
import { callerHeaders, tellAsked, tellChosen } from '../story.ts';
import type { TokenCounts } from './token-counts.ts';

/** Milliseconds after which a count is given up. A slow count is worth less than a quick estimate. */
const COUNT_TIMEOUT_MS = 10_000;

/** Failures that the request or its model causes: a request for an answer would be refused with the same words. */
const OF_THE_REQUEST: ReadonlySet<FailureClass> = new Set([
  'schema',
  'signature',
  'context-overflow',
  'content-filter',
  'media',
  'model-missing',
  'request',
]);

/**
 * True where the client must be told of `error`. All other failures (quota, key, a gateway that cannot count) say
 * nothing about the size of the request.
 */
const isRefusal = (error: UpstreamError): boolean =>
  error.google !== undefined &&
  (error.status === 400 || error.status === 404) &&
  OF_THE_REQUEST.has(failureClass(error));

/**
 * What a count may spend. A changed request may be sent, since a count costs no tokens. A failed request is not
 * repeated: that would take longer than an estimate.
 */
const COUNT_PURSE: Purse = {
  pay: () => true,
  areSpent: () => false,
  left: () => undefined,
  isWorthwhile: () => false,
  mostWait: () => Infinity,
  explain: (error) => error,
  roundBegins() {},
  end() {},
};

const NO_PATIENCE: Patience = { limitMs: 0, forBreaker: () => false, tokens: () => 0 };

/** A count's route in the shape that the loop needs. A count does not wait for a key, and passes no breaker. */
const asKeyRoute = (route: CountRoute): KeyRoute => ({
  backend: () => route.backend(),
  // A count leaves each session with the key that it has.
  chosen: () => ({ why: 'fallback' }),
  readyNow: () => route.refusal() === undefined,
  async ready() {
    const refusal = route.refusal();
    if (refusal) throw refusal;
  },
  refusal: () => route.refusal(),
  failed: (error) => (route.failed(error) ? 'other-key' : 'no'),
  succeeded: () => route.succeeded(),
  sentAgain() {},
  released() {},
});

/** The attempt at a count. Its result is one number. */
class CountAttempt implements Attempt<number> {
  readonly streamed = false;
  readonly #outgoing: Outgoing;
  readonly #counts: TokenCounts;
  readonly #signal: AbortSignal;
  #counted = false;

  constructor(outgoing: Outgoing, counts: TokenCounts, signal: AbortSignal) {
    this.#outgoing = outgoing;
    this.#counts = counts;
    this.#signal = signal;
  }

  /** A count has no beginning: it comes whole, or not at all. */
  isBegun(): boolean {
    return false;
  }

  async next(): Promise<number[] | undefined> {
    if (this.#counted) return undefined;
    const { exchange, model, route } = this.#outgoing;
    const backend = route.backend();
    await this.#outgoing.placeMedia(this.#signal);
    const body = this.#outgoing.text();
    const of = { model: model.id, body, key: backend.keyFingerprint };
    const ask = (signal: AbortSignal) => backend.countTokens(model.id, body, exchange, signal);
    const tokens = await this.#counts.count(of, ask, this.#signal);
    this.#counted = true;
    this.#outgoing.taken();
    return [tokens];
  }

  failed(): boolean {
    return false;
  }

  close(): void {}
}

type Counting = {
  outgoing: Outgoing;
  outgoingFor(model: GeminiModel): Promise<Outgoing>;
  models: Models;
  timeoutMs: number;
};

/**
 * Asks Google for the count. Rejects where no count comes in time. `estimate` runs where the client is told an estimate
 * instead.
 */
async function askGoogle(
  counting: Counting,
  job: Job,
  ports: AnswerPorts,
  estimate?: Estimate,
): Promise<number> {
  const { outgoing, outgoingFor, models, timeoutMs } = counting;
  const answer = new Answer<number>(
    {
      outgoing,
      models,
      purse: COUNT_PURSE,
      patience: () => NO_PATIENCE,
      attempt: (sent, _whole, signal) => new CountAttempt(sent, ports.counts, signal),
      isContent: () => true,
      deadline: { ms: timeoutMs, late: () => new UpstreamError('timeout', 'no token count in time') },
    },
    outgoingFor,
    job,
    ports,
  );
  try {
    const [tokens] = (await answer.next()) ?? [];
    if (tokens === undefined) throw new Error('a count gave no number');
    return tokens;
  } catch (error) {
    if (!estimate || job.signal.aborted) throw error;
    return estimate(error, answer.outgoing());
  } finally {
    answer.leave();
  }
}

type Estimate = (error: unknown, sent: Outgoing) => number;

/** `cleared`: the tokens that the client's edits took out of the request before it was counted. */
export type Counted = { tokens: number; cleared: number };

/**
 * Counts the tokens of a request. If Google does not know the model, Google is asked about the model that would answer
 * instead.
 */
export async function countTokensOf(
  request: CountTokensRequest,
  job: Job,
  ports: AnswerPorts,
): Promise<Counted> {
  tellAsked(request, 'count-tokens', undefined, job);
  const media = new RequestMedia(request.messages, job, ports);
  let cleared = 0;
  const outgoingFor = async (model: GeminiModel) => {
    const { outgoing, edits } = await countRequest(model, request, media, job, ports);
    cleared = clearedTokens(edits.applied);
    return outgoing;
  };
  const wanted: Wanted = {
    requested: request.model,
    caller: countedCaller(callerHeaders(job)),
    isTakenBy: (model) => media.areTakenBy(model),
  };
  const outgoing = await outgoingFor(chooseModel(wanted, job, ports));
  const known = ports.counts.known(outgoing.model.id, outgoing.text());
  if (known !== undefined) return { tokens: known, cleared };
  const choice = new ModelChoice(wanted, outgoing.model, ports);
  const models: Models = {
    ask: (model) => choice.ask(model),
    // Where another model would be asked only because the first one failed, an estimate is as good as its count.
    replacement: (from, error) =>
      error instanceof UpstreamError && failureClass(error) === 'model-missing'
        ? choice.insteadOf(from, error, 'nothing')
        : undefined,
    told: (error) => choice.told(error),
  };
  const counting = { outgoing, outgoingFor, models, timeoutMs: COUNT_TIMEOUT_MS };
  const tokens = await askGoogle(counting, job, ports, (error, sent) => {
    if (!(error instanceof UpstreamError) || (isRefusal(error) && !isUrlRefused(error))) throw error;
    job.warn('value-clamped', 'input_tokens', `estimated, because Gemini could not count: ${String(error)}`);
    return ports.promptTold(() => ({ tokens: sent.tokens(), cached: 0 })).tokens;
  });
  return { tokens, cleared };
}

/**
 * Counts a request that was already sent. The key of that request is asked first, because perhaps no other key can read
 * its signatures.
 */
export function countAgain(sent: Outgoing, timeoutMs: number, job: Job, ports: AnswerPorts): Promise<number> {
  const { model, request, exchange, quarantine } = sent;
  if (!request) throw new Error('what was let go cannot be counted');
  const route = asKeyRoute(ports.keys.countRoute(model.id, undefined, sent.route.backend()));
  const { lessons, sizes } = ports;
  const session = undefined;
  const [media, uploads] = [NO_MEDIA, onlyKnown(ports)];
  const parts = { model, request, exchange, route, quarantine, lessons, media, uploads, sizes, session };
  const outgoing = new Outgoing(parts, job);
  return askGoogle({ outgoing, outgoingFor: async () => outgoing, models: NO_MODELS, timeoutMs }, job, ports);
}

const NO_MODELS: Models = { ask() {}, replacement: () => undefined, told: (error) => error };

/** Media that Google cannot read by URL are not read by this process for a count: a count is not worth that work. */
const NO_MEDIA = { mendedRequest: async () => undefined, letGo() {} };

/** Nothing is uploaded for a count. Where Google does not have the media yet, the tokens are estimated. */
const onlyKnown = ({ uploads }: AnswerPorts): Pick<Uploads, 'place' | 'forget'> => ({
  async place(media, backend, signal) {
    const placed = await uploads.known(media, backend, signal);
    if (placed) return placed;
    throw new UpstreamError('not-sent', 'the request has media that are too large to be counted', {
      status: 413,
      means: 'too-large',
    });
  },
  forget: (uris) => uploads.forget(uris),
});

async function countRequest(
  model: GeminiModel,
  request: CountTokensRequest,
  media: RequestMedia,
  job: Job,
  ports: AnswerPorts,
): Promise<{ outgoing: Outgoing; edits: ContextEdits }> {
  const session = sessionOf(job.headers, undefined);
  const route = asKeyRoute(ports.keys.countRoute(model.id, session));
  tellChosen(model, route, job);
  const caller = countedCaller(callerHeaders(job));
  const ctx = await requestContext(model, route, request.messages, media, job, ports, caller);
  const { made, moved, whole } = media.fitted(
    model,
    (apart) => toCountRequest(request, { ...ctx, media: { ...ctx.media, moved: apart } }),
    ({ body }) => body,
  );
  const { body, edits, warnings } = made;
  reportWarnings(warnings, job);
  const quarantine = openQuarantine(model, job, ports);
  const { lessons, sizes } = ports;
  const exchange = createExchange('count-tokens', job);
  const outgoing = new Outgoing(
    {
      model,
      request: quarantine.apply(body),
      ...(moved.length > 0 ? { moved: { media: moved, whole } } : {}),
      uploads: onlyKnown(ports),
      exchange,
      route,
      quarantine,
      lessons,
      media: NO_MEDIA,
      sizes,
      session,
    },
    job,
  );
  return { outgoing, edits };
}
