/**
 * Makes rows of Google's own list of models (`GET /v1beta/models`) for models that the table does not know. The list has
 * limits and names; the rest is that of the generation, or of the known model with whose id the new id begins.
 */
import { isObject, tryParseJson } from '../lib/json.ts';
import type { GeminiModel, ModelTable } from './models.ts';
import { tokenCount } from './token-counts.ts';

/** One model of the list, as far as it is read. */
export type ListedModel = {
  id: string;
  displayName: string | undefined;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  thinks: boolean | undefined;
};

/** The most models of a list that are read. Google has about a hundred. */
const MOST = 1_000;
const ID = /^gemini-[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
/** Models that make something else than text, or that speak another API. */
const OTHER_KINDS =
  /(?:^|-)(?:tts|image|audio|live|embedding|transcribe|robotics|omni|computer-use|nano)(?:-|$)/;

/** True for the id of a Gemini model that writes text, as far as an id says that. */
export const writesText = (id: string): boolean => id.length <= 100 && ID.test(id) && !OTHER_KINDS.test(id);

/** The models of one page that can answer; undefined where `text` is no such page. */
export function listedModels(
  text: string,
): { models: readonly ListedModel[]; nextPage: string | undefined } | undefined {
  const page = tryParseJson(text);
  if (!isObject(page) || !Array.isArray(page['models'])) return undefined;
  const { nextPageToken } = page;
  const models = page['models'].slice(0, MOST).flatMap((entry: unknown) => listedModel(entry));
  return { models, nextPage: typeof nextPageToken === 'string' && nextPageToken ? nextPageToken : undefined };
}

function listedModel(entry: unknown): ListedModel[] {
  if (!isObject(entry) || typeof entry['name'] !== 'string') return [];
  const id = entry['name'].replace(/^models\//, '');
  const methods = entry['supportedGenerationMethods'];
  const answers = !Array.isArray(methods) || methods.includes('generateContent');
  if (!answers || !writesText(id)) return [];
  const { displayName, inputTokenLimit, outputTokenLimit, thinking } = entry;
  return [
    {
      id,
      displayName: typeof displayName === 'string' ? displayName.slice(0, 100) : undefined,
      inputTokens: tokenCount(inputTokenLimit) || undefined,
      outputTokens: tokenCount(outputTokenLimit) || undefined,
      thinks: typeof thinking === 'boolean' ? thinking : undefined,
    },
  ];
}

/**
 * Rows for the models that `table` has no row of their own for. `date`: the day of the list, for models of which nobody
 * knows when they were released.
 */
export function rowsOfListed(listed: readonly ListedModel[], table: ModelTable, date: string): GeminiModel[] {
  return listed
    .filter(({ id }) => table.own(id) === undefined && !isAlias(id))
    .map((model) => rowOf(model, table, date));
}

const isAlias = (id: string) => id.endsWith('-latest');

function rowOf(
  { id, displayName, inputTokens, outputTokens, thinks }: ListedModel,
  table: ModelTable,
  date: string,
): GeminiModel {
  const isKnown = table.isKnown(id);
  const like = isKnown ? table.row(id) : newestOfGeneration(id, table);
  return {
    ...like,
    id,
    displayName: displayName ?? id,
    inputTokens: inputTokens ?? like.inputTokens,
    outputTokens: outputTokens ?? like.outputTokens,
    thinking: thinks === false ? { kind: 'none' } : like.thinking,
    // A variant of a known model costs what that model costs; of any other nobody knows the price.
    price: isKnown ? like.price : { ...like.price, tiers: [] },
    lifecycle: /-(?:preview|exp)(?:-|$)/.test(id) ? { stage: 'preview' } : { stage: 'stable' },
    released: isKnown ? like.released : date,
  };
}

/** The newest model of the same generation (`gemini-4-…`), or else the newest of all. */
function newestOfGeneration(id: string, table: ModelTable): GeminiModel {
  const [generation = ''] = /^gemini-\d+/.exec(id) ?? [];
  const same = table.rows.find(
    (row) => generation !== '' && new RegExp(`^${generation}(?!\\d)`).test(row.id),
  );
  return same ?? table.row(id);
}
