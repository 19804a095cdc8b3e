/**
 * Another model in place of one that no key has access to or quota of, or that keeps failing (`MODEL_FALLBACKS`). Only for a model that was
 * mapped: who names a Gemini model means that one.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import { type GeminiModel, modelRow } from '../gemini/models.ts';
import { mapModel, namesGemini } from '../translate/model-map.ts';
import type { Job } from './job.ts';
import type { AnswerPorts } from './ports.ts';

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

/** `why` is undefined where `from` was not asked: requests before this one have found out. */
export type Replaced = { from: string; to: string; why: FailureClass | undefined };

/** For the request's line in the log, and the client: the model that should have answered, and the one that is asked now. */
export function noteReplaced({ from, to, why }: Replaced, { facts }: Job): void {
  facts.replacedModel ??= from;
  facts.replacedBecause ??= why;
  facts.geminiModel = to;
}

/** What a model cannot be asked for in this request or in those of the next minutes, whoever asks. */
const GONE: ReadonlySet<FailureClass> = new Set(['model-missing', 'quota-day']);

/** The model is not there, or its quota is gone for the day: not for the next try either. */
export const isGone = (error: unknown): error is UpstreamError =>
  error instanceof UpstreamError && GONE.has(failureClass(error));

/**
 * What to tell where no model is there: the failure of the one that was asked for, by its name. That of one which only stood in for it
 * would send the reader after the wrong model.
 */
export function noModelLeft(
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

/** Tells the client that another model answers. No name that Claude Code takes for a gateway's (contract section 3). */
export const REPLACED_HEADER = 'x-fallback-model';

export function replacedHeader({
  replacedModel,
  replacedBecause,
  geminiModel,
}: Job['facts']): string | undefined {
  if (replacedModel === undefined || replacedModel === geminiModel) return undefined;
  const why = replacedBecause === undefined ? '' : `; because=${replacedBecause}`;
  return `${geminiModel}; in-place-of=${replacedModel}${why}`;
}
