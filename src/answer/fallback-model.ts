/**
 * Another model in place of one that no key has access to or quota of, or that keeps failing (`MODEL_FALLBACKS`). Only for a model that was
 * mapped: who names a Gemini model means that one.
 */
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import { type GeminiModel, modelRow } from '../gemini/models.ts';
import { isRetryable } from '../translate/errors.ts';
import { mapModel, namesGemini } from '../translate/model-map.ts';
import type { AnswerPorts } from './ports.ts';
import type { Cost } from './retries.ts';

/**
 * The first usable model, but for those `asked`, of the groups after that of the model which the client's id is mapped to. Not after
 * that of the one asked last: where that stands in for another, those beside it do as well.
 */
export function nextModel(
  requested: string,
  asked: ReadonlySet<string>,
  { settings, keys }: Pick<AnswerPorts, 'settings' | 'keys'>,
  asker?: string,
): GeminiModel | undefined {
  const { modelMap, modelFallbacks } = settings;
  if (namesGemini(requested, modelMap)) return undefined;
  const mapped = mapModel(requested, modelMap).id;
  const group = modelFallbacks.findIndex((models) => models.includes(mapped));
  if (group < 0) return undefined;
  const other = modelFallbacks
    .slice(group + 1)
    .flat()
    .find((model) => !asked.has(model) && keys.usable(model, asker));
  return other === undefined ? undefined : modelRow(other);
}

/** What a model cannot be asked for in this request or in those of the next minutes, whoever asks. */
const GONE: ReadonlySet<FailureClass> = new Set(['model-missing', 'quota-day']);

/** Held back by a breaker: it costs nothing to ask elsewhere. */
const isNotSent = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind === 'not-sent' && error.status === 503;

/** The model is not there, or its quota is gone for the day: not for the next try either. */
const isGone = (error: unknown): error is UpstreamError =>
  error instanceof UpstreamError && GONE.has(failureClass(error));

/** `because`: what kept the other model from answering. */
export type Replacement = { model: GeminiModel; because: FailureClass | undefined; cost: Cost };

/** What the loop needs of them. */
export type Models = Pick<ModelChoice, 'ask' | 'replacement' | 'told'>;

/** The models of one answer: those that were asked, and who may answer in their place. */
export class ModelChoice {
  readonly #requested: string;
  readonly #asker: string | undefined;
  readonly #ports: Pick<AnswerPorts, 'settings' | 'keys'>;
  /** Models that were asked, or could not be. */
  readonly #asked: Set<string>;
  /** Those of them that are not there, or have no quota for the day. */
  readonly #gone = new Map<string, UpstreamError>();

  /** `first`: the model that is asked to begin with. */
  constructor(
    requested: string,
    asker: string | undefined,
    first: GeminiModel,
    ports: Pick<AnswerPorts, 'settings' | 'keys'>,
  ) {
    this.#requested = requested;
    this.#asker = asker;
    this.#ports = ports;
    this.#asked = new Set([first.id]);
  }

  /** Who would answer now in place of the models that were asked. */
  next(): GeminiModel | undefined {
    return nextModel(this.#requested, this.#asked, this.#ports, this.#asker);
  }

  /** Who may answer after `error` of the model `from`, and at what cost. `isSpent`: no retry is left of those that the ceiling allows. */
  replacement(from: string, error: unknown, isSpent: boolean): Replacement | undefined {
    this.#noteGone(from, error);
    // What was sent and failed makes the next model a retry; else it is none.
    const isFree = isNotSent(error) || isGone(error);
    if (!isFree && (!isRetryable(error) || isUnreachable(error))) return undefined;
    const isLast = !isFree && isSpent;
    // Where nothing was sent the pool has said so of this request; it may be open to a smaller one.
    if (!isLast && !isNotSent(error) && this.#ports.keys.usable(from, this.#asker)) return undefined;
    const cost = isFree ? 'nothing' : isLast ? 'beyond' : 'retry';
    return this.insteadOf(from, error, cost);
  }

  /** The next model, whatever `from` may still be good for. */
  insteadOf(from: string, error: unknown, cost: Cost): Replacement | undefined {
    this.#noteGone(from, error);
    // Where none is left, the one that was asked for: its failure is to be told, if it still fails.
    const model = this.next() ?? (isGone(error) ? this.#unasked() : undefined);
    // Not its message, which may quote what the model wrote.
    const because = error instanceof UpstreamError ? failureClass(error) : undefined;
    return model && { model, because, cost };
  }

  ask(model: GeminiModel): void {
    this.#asked.add(model.id);
  }

  /** `error` as it is told where no other model is left. */
  told(error: unknown): unknown {
    if (!isGone(error)) return error;
    return noModelLeft(this.#gone, this.#requested, this.#ports) ?? error;
  }

  #noteGone(model: string, error: unknown): void {
    if (isGone(error)) this.#gone.set(model, error);
  }

  /** The model that the client's id is mapped to, where another was asked in its place from the beginning. */
  #unasked(): GeminiModel | undefined {
    const mapped = mapModel(this.#requested, this.#ports.settings.modelMap);
    return this.#asked.has(mapped.id) ? undefined : mapped;
  }
}

/**
 * What to tell where no model is there: the failure of the one that was asked for, by its name. That of one which only stood in for it
 * would send the reader after the wrong model.
 */
function noModelLeft(
  gone: ReadonlyMap<string, UpstreamError>,
  requested: string,
  { settings }: Pick<AnswerPorts, 'settings'>,
): UpstreamError | undefined {
  const mapped = mapModel(requested, settings.modelMap).id;
  const [model = mapped] = gone.has(mapped) ? [mapped] : gone.keys();
  const error = gone.get(model);
  const others = [...gone.keys()].filter((other) => other !== model);
  if (!error || others.length === 0) return error;
  const { kind, status, google, retryAfter } = error;
  const named = error.message.includes(model) ? error.message : `${model}: ${error.message}`;
  const said = `${named.trimEnd()} (${model} answers for ${requested}; nor is there any in its place: ${others.join(', ')}.)`;
  return new UpstreamError(kind, said, {
    status,
    google,
    retryAfter,
    means: failureClass(error),
    cause: error,
  });
}
