/**
 * Finds another model in place of a model that no key may use, that has no quota left with any key, or that keeps
 * failing (`MODEL_FALLBACKS`). Only a model that the client's id was mapped to is replaced: a client that names a
 * Gemini model wants that model.
 */
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { GeminiModel } from '../gemini/models.ts';
import { today } from '../lib/ports.ts';
import type { AnsweredCaller } from '../translate/caller.ts';
import { isRetryable } from '../translate/errors.ts';
import { mapModel, namesGemini } from '../translate/model-map.ts';
import type { AnswerPorts } from './ports.ts';
import type { Cost } from './retries.ts';

/** The purpose for which a model is wanted. */
export type Wanted = {
  /** The name of the model in the client's request. */
  requested: string;
  /** The kind of request that the model is for. */
  caller: AnsweredCaller;
  asker?: string | undefined;
  /** False for a model to which this request cannot be sent, even if the model is not in trouble. */
  isTakenBy(model: GeminiModel): boolean;
};

type Ports = {
  settings: Pick<AnswerPorts['settings'], 'modelMap' | 'modelFallbacks' | 'models'>;
  keys: Pick<AnswerPorts['keys'], 'usable'>;
  clock: Pick<AnswerPorts['clock'], 'wall'>;
};

/** The model that the settings name for the client's id, as Google serves it today. */
export const mappedModel = (
  { requested, caller }: Pick<Wanted, 'requested' | 'caller'>,
  { settings, clock }: Pick<Ports, 'settings' | 'clock'>,
): GeminiModel => mapModel(requested, settings.modelMap, settings.models.on(today(clock)), caller);

/**
 * The first usable model to which the request can be sent, except for the models in `asked`. The groups after the group
 * of the mapped model are searched. The group of the model that was asked last does not count: where that model only
 * stands in for another, other models of its group may stand in as well.
 */
export function nextModel(wanted: Wanted, asked: ReadonlySet<string>, ports: Ports): GeminiModel | undefined {
  const { settings, keys, clock } = ports;
  const { requested, caller, asker, isTakenBy } = wanted;
  const { modelMap, modelFallbacks } = settings;
  if (namesGemini(requested, modelMap, caller)) return undefined;
  const mapped = mappedModel(wanted, ports).id;
  const models = settings.models.on(today(clock));
  const group = modelFallbacks.findIndex((models) => models.includes(mapped));
  if (group < 0) return undefined;
  return modelFallbacks
    .slice(group + 1)
    .flat()
    .map((id) => models.row(id))
    .find((model) => !asked.has(model.id) && isTakenBy(model) && keys.usable(model.id, asker));
}

/** The model that is asked first at present: the mapped one, or one in its place where it cannot be used. */
export function firstModel(wanted: Wanted, ports: Ports): GeminiModel {
  const mapped = mappedModel(wanted, ports);
  if (ports.keys.usable(mapped.id, wanted.asker)) return mapped;
  return nextModel(wanted, new Set([mapped.id]), ports) ?? mapped;
}

/** After these failures a model cannot be used for this request, nor for any other request in the next minutes. */
const GONE: ReadonlySet<FailureClass> = new Set(['model-missing', 'quota-day']);

/** True where a breaker held the request back: asking another model then costs nothing. */
const isNotSent = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind === 'not-sent' && error.status === 503;

/** The model does not exist, or its quota of the day is used up: another attempt would not help. */
const isGone = (error: unknown): error is UpstreamError =>
  error instanceof UpstreamError && GONE.has(failureClass(error));

/** `because`: the class of the failure that kept the other model from answering. */
export type Replacement = { model: GeminiModel; because: FailureClass | undefined; cost: Cost };

/** The part of `ModelChoice` that the loop needs. */
export type Models = Pick<ModelChoice, 'ask' | 'replacement' | 'told'>;

/** The models of one answer: the models that were asked, and the models that may take over. */
export class ModelChoice {
  readonly #wanted: Wanted;
  readonly #ports: Ports;
  /** Models that were asked, and models that could not be asked. */
  readonly #asked: Set<string>;
  /** The models in `#asked` that do not exist, or whose quota of the day is used up. */
  readonly #gone = new Map<string, UpstreamError>();

  /** `first`: the model that is asked first. */
  constructor(wanted: Wanted, first: GeminiModel, ports: Ports) {
    this.#wanted = wanted;
    this.#ports = ports;
    this.#asked = new Set([first.id]);
  }

  /** The model that would answer now in place of the models that were asked. */
  next(): GeminiModel | undefined {
    return nextModel(this.#wanted, this.#asked, this.#ports);
  }

  /**
   * Which model may answer after the model `from` has failed with `error`, and at what cost. `isSpent` is true where
   * the ceiling allows no further retry.
   */
  replacement(from: string, error: unknown, isSpent: boolean): Replacement | undefined {
    this.#noteGone(from, error);
    // If a request was sent and failed, asking the next model is a retry. If nothing was sent, it is none.
    const isFree = isNotSent(error) || isGone(error);
    if (!isFree && (!isRetryable(error) || isUnreachable(error))) return undefined;
    const isLast = !isFree && isSpent;
    // If nothing was sent, the pool refused only this request; a smaller request may pass.
    if (!isLast && !isNotSent(error) && this.#ports.keys.usable(from, this.#wanted.asker)) return undefined;
    const cost = isFree ? 'nothing' : isLast ? 'beyond' : 'retry';
    return this.insteadOf(from, error, cost);
  }

  /** The next model, even if `from` might still answer. */
  insteadOf(from: string, error: unknown, cost: Cost): Replacement | undefined {
    this.#noteGone(from, error);
    // If no other model is left, the model that was asked for first is taken: if it still fails, the client is told its
    // failure.
    const model = this.next() ?? (isGone(error) ? this.#unasked() : undefined);
    // The story names the class only, without the message, because the message may quote what the model wrote.
    const because = error instanceof UpstreamError ? failureClass(error) : undefined;
    return model && { model, because, cost };
  }

  ask(model: GeminiModel): void {
    this.#asked.add(model.id);
  }

  /** `error` in the words for the client where no other model is left. */
  told(error: unknown): unknown {
    if (!isGone(error)) return error;
    return noModelLeft(this.#gone, this.#wanted, this.#ports) ?? error;
  }

  #noteGone(model: string, error: unknown): void {
    if (isGone(error)) this.#gone.set(model, error);
  }

  /** The mapped model, if another model was asked in its place from the beginning. */
  #unasked(): GeminiModel | undefined {
    const mapped = mappedModel(this.#wanted, this.#ports);
    return this.#asked.has(mapped.id) ? undefined : mapped;
  }
}

/**
 * The error where no model is available: the failure of the model that was asked for, with its name. The failure of a
 * model that only stood in would mislead the reader.
 */
function noModelLeft(
  gone: ReadonlyMap<string, UpstreamError>,
  wanted: Wanted,
  ports: Ports,
): UpstreamError | undefined {
  const { requested } = wanted;
  const mapped = mappedModel(wanted, ports).id;
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
