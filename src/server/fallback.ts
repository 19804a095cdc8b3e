/**
 * Another model in place of one that no key has access to, or that keeps failing (`MODEL_FALLBACKS`). Only for a model that was
 * mapped: who names a Gemini model means that one.
 */
import { type GeminiModel, modelRow } from '../gemini/models.ts';
import { mapModel, namesGemini } from '../translate/model-map.ts';
import type { Call } from './call.ts';
import type { ServerDeps } from './deps.ts';

/**
 * The first usable model, but for those `asked`, of the groups after that of the model which the client's id is mapped to. Not after
 * that of the one asked last: where that stands in for another, those beside it do as well.
 */
export function nextModel(
  requested: string,
  asked: ReadonlySet<string>,
  { settings, keys }: Pick<ServerDeps, 'settings' | 'keys'>,
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

/** For the request's line in the log: the model that should have answered, and the one that is asked now. */
export function noteReplaced(from: string, to: string, { facts }: Call): void {
  facts.replacedModel ??= from;
  facts.geminiModel = to;
}
