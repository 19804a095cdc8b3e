/**
 * Another model in place of one that no key may use or has quota for, or that keeps failing (`MODEL_FALLBACKS`). Only a
 * model that was mapped is replaced: a client that names a Gemini model wants that model.
 */
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import { type GeminiModel, modelRow } from '../gemini/models.ts';
import { isRetryable } from '../translate/errors.ts';
import { mapModel, namesGemini } from '../translate/model-map.ts';
import type { AnswerPorts } from './ports.ts';
import type { Cost } from './retries.ts';

/** What a model is wanted for. */
export type Wanted = {
  /** The client's name of the model. */
  requested: string;
  asker?: string | undefined;
  /** False for a model to which the request cannot be sent, however well the model is. */
  isTakenBy(model: GeminiModel): boolean;
};

/**
 * The first usable model that takes the request, apart from those `asked`, in the groups after that of the mapped
 * model. The group of the model that was asked last does not count: where that one only stands in, others of its group
 * may as well.
 */
export function nextModel(
  { requested, asker, isTakenBy }: Wanted,
  asked: ReadonlySet<string>,
  { settings, keys }: Pick<AnswerPorts, 'settings' | 'keys'>,
): GeminiModel | undefined {
  const { modelMap, modelFallbacks } = settings;
  if (namesGemini(requested, modelMap)) return undefined;
  const mapped = mapModel(requested, modelMap).id;
  const group = modelFallbacks.findIndex((models) => models.includes(mapped));
  if (group < 0) return undefined;
  return modelFallbacks
    .slice(group + 1)
    .flat()
    .map(modelRow)
    .find((model) => !asked.has(model.id) && isTakenBy(model) && keys.usable(model.id, asker));
}

/** For these reasons a model cannot be used in this request, nor in the next minutes, whoever asks. */
const GONE: ReadonlySet<FailureClass> = new Set(['model-missing', 'quota-day']);

/** A breaker holds the model back: to ask another model costs nothing. */
const isNotSent = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind === 'not-sent' && error.status === 503;

/** The model does not exist, or its quota of the day is used up: another attempt would not help. */
const isGone = (error: unknown): error is UpstreamError =>
  error instanceof UpstreamError && GONE.has(failureClass(error));

/** `because`: what kept the other model from answering. */
export type Replacement = { model: GeminiModel; because: FailureClass | undefined; cost: Cost };

/** What the loop needs of the models of an answer. */
export type Models = Pick<ModelChoice, 'ask' | 'replacement' | 'told'>;

/** The models of one answer: those that were asked, and those that may take over. */
export class ModelChoice {
  readonly #wanted: Wanted;
  readonly #ports: Pick<AnswerPorts, 'settings' | 'keys'>;
  /** Models that were asked, and models that could not be asked. */
  readonly #asked: Set<string>;
  /** Those among them that do not exist, or have no quota of the day. */
  readonly #gone = new Map<string, UpstreamError>();

  /** `first`: the model that is asked first. */
  constructor(wanted: Wanted, first: GeminiModel, ports: Pick<AnswerPorts, 'settings' | 'keys'>) {
    this.#wanted = wanted;
    this.#ports = ports;
    this.#asked = new Set([first.id]);
  }

  /** The model that would answer now in place of those that were asked. */
  next(): GeminiModel | undefined {
    return nextModel(this.#wanted, this.#asked, this.#ports);
  }

  /**
   * Which model may answer after `error` of the model `from`, and at what cost. `isSpent`: the ceiling allows no
   * further retry.
   */
  replacement(from: string, error: unknown, isSpent: boolean): Replacement | undefined {
    this.#noteGone(from, error);
    // If a request was sent and failed, the next model is a retry; otherwise it is none.
    const isFree = isNotSent(error) || isGone(error);
    if (!isFree && (!isRetryable(error) || isUnreachable(error))) return undefined;
    const isLast = !isFree && isSpent;
    // If nothing was sent, the pool refused only this request; a smaller one may pass.
    if (!isLast && !isNotSent(error) && this.#ports.keys.usable(from, this.#wanted.asker)) return undefined;
    const cost = isFree ? 'nothing' : isLast ? 'beyond' : 'retry';
    return this.insteadOf(from, error, cost);
  }

  /** The next model, even if `from` might still answer. */
  insteadOf(from: string, error: unknown, cost: Cost): Replacement | undefined {
    this.#noteGone(from, error);
    // If none is left, the model that was asked for first: the client is told its failure, if it still fails.
    const model = this.next() ?? (isGone(error) ? this.#unasked() : undefined);
    // Told without the message, which may quote what the model wrote.
    const because = error instanceof UpstreamError ? failureClass(error) : undefined;
    return model && { model, because, cost };
  }

  ask(model: GeminiModel): void {
    this.#asked.add(model.id);
  }

  /** `error` as the client is told it where no other model is left. */
  told(error: unknown): unknown {
    if (!isGone(error)) return error;
    return noModelLeft(this.#gone, this.#wanted.requested, this.#ports) ?? error;
  }

  #noteGone(model: string, error: unknown): void {
    if (isGone(error)) this.#gone.set(model, error);
  }

  /** The mapped model, if another was asked in its place from the beginning. */
  #unasked(): GeminiModel | undefined {
    const mapped = mapModel(this.#wanted.requested, this.#ports.settings.modelMap);
    return this.#asked.has(mapped.id) ? undefined : mapped;
  }
}

/**
 * What to tell where no model is available: the failure of the model that was asked for, by name. The failure of a
 * model that only stood in would mislead the reader.
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
