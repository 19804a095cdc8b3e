/** The model settings, understood and checked: which models serve, and which take their place. */

import { lifecycleNotice } from '../gemini/lifecycle.ts';
import { BUILT_IN } from '../gemini/model-rows.ts';
import type { ModelTable } from '../gemini/models.ts';
import { editDistance } from '../lib/edit-distance.ts';
import { quoted } from '../lib/shown-text.ts';
import { ANSWERED_CALLERS } from '../translate/caller.ts';
import { MODEL_NAME, type ModelMap, scopeOf } from '../translate/model-map.ts';
import { readModelsFile } from './models-file.ts';
import { ConfigError } from './read-value.ts';
import { NO_FALLBACKS, VARIABLES, type Values } from './variables.ts';

/** Groups from left to right. Where a model cannot serve, the first usable model of the groups after its own does. */
export type ModelFallbacks = readonly (readonly string[])[];

const unprefixed = (model: string): string => model.replace(/^(gemini|google|models)\//, '');

/** Letters. */
const NEAR = 2;

/** The table of models, with the rows of the user's file. */
export const readModels = ({ MODELS_FILE }: Values): ModelTable =>
  MODELS_FILE === undefined ? BUILT_IN : BUILT_IN.with(readModelsFile(MODELS_FILE.trim(), BUILT_IN));

/** Google has shut these down, but `.env` files of older proxies still name them. */
const RETIRED = /^gemini-(1\.[05]-|pro$|pro-vision$|ultra$)/;

/**
 * What somebody who sets `model` should know of it; undefined where there is nothing. A remark and no refusal: Google has
 * new models sooner than our table.
 */
function adviceOn(written: string, models: ModelTable): string | undefined {
  const model = unprefixed(written);
  if (RETIRED.test(model)) return `Google has retired ${written}`;
  if (models.isKnown(model)) return lifecycleNotice(model, models.row(model).lifecycle);
  const near = models.rows
    .map(({ id }) => ({ id, distance: editDistance(id, model.toLowerCase()) }))
    .filter(({ distance }) => distance <= NEAR)
    .sort((a, b) => a.distance - b.distance)[0];
  const hint = near ? `; did you mean ${near.id}?` : '';
  return `${written} is not in this version's table; taken for one like the newest${hint}`;
}

/** True where `word` was probably meant for `known`. Of a short word fewer letters may be wrong. */
const isMeantFor = (word: string, known: string): boolean =>
  editDistance(known, word) <= Math.min(NEAR, Math.floor(known.length / 3));

/**
 * Throws where a pattern begins with a misspelt kind of request. Other ids may have a colon in them (`llama:8b`): they
 * are only remarked on where they look like a kind before ids of Claude.
 */
function checkScope(pattern: string, notices: string[]): void {
  const { caller, ids } = scopeOf(pattern);
  const kinds = ANSWERED_CALLERS.join(', ');
  if (caller !== undefined && ids.trim() === '')
    throw new ConfigError(`MODEL_MAP: ${quoted(pattern)} names no id; for all ids write ${caller}:*`);
  const [, word] = /^([a-z_ -]+):/i.exec(pattern) ?? [];
  if (caller !== undefined || word === undefined) return;
  if (ANSWERED_CALLERS.some((known) => isMeantFor(word.toLowerCase(), known)))
    throw new ConfigError(
      `MODEL_MAP: ${quoted(pattern)} begins with no kind of request; the kinds are ${kinds}`,
    );
  if (/:\s*(claude|\*)/i.test(pattern))
    notices.push(
      `MODEL_MAP: ${quoted(word)} is no kind of request (${kinds}), so ${quoted(pattern)} is taken for an id`,
    );
}

function modelPatterns(
  { MODEL_MAP = {} }: Values,
  models: ModelTable,
  notices: string[],
): ModelMap['patterns'] {
  const patterns = Object.entries(MODEL_MAP);
  for (const [pattern, model] of patterns) {
    checkScope(pattern, notices);
    const advice = adviceOn(model, models);
    if (advice !== undefined) notices.push(`MODEL_MAP: ${advice} (${pattern})`);
  }
  return patterns;
}

function modelSetting(
  name: 'BIG_MODEL' | 'SMALL_MODEL',
  values: Values,
  models: ModelTable,
  notices: string[],
): string {
  const model = unprefixed(values[name]);
  const advice = adviceOn(model, models);
  if (!RETIRED.test(model)) {
    if (advice !== undefined) notices.push(`${name}: ${advice}`);
    return model;
  }
  const replacement = String(VARIABLES[name].default);
  notices.push(`${name}: ${advice}; ${replacement} is used instead`);
  return replacement;
}

export const readModelMap = (values: Values, models: ModelTable, notices: string[]): ModelMap => ({
  big: modelSetting('BIG_MODEL', values, models, notices),
  small: modelSetting('SMALL_MODEL', values, models, notices),
  patterns: modelPatterns(values, models, notices),
});

const refused = (why: string) => new ConfigError(`MODEL_FALLBACKS: ${why}`);

function parseGroup(text: string): string[] {
  const models = text
    .split(',')
    .map((model) => unprefixed(model.trim()))
    .filter((model) => model !== '');
  if (models.length === 0) throw refused('a group without a model; groups are parted by ">", models by ","');
  const [wrong] = models.filter((model) => !MODEL_NAME.test(model));
  if (wrong !== undefined) throw refused(`${JSON.stringify(wrong)} is no id of a Gemini model`);
  return models;
}

function adviseOn(ids: readonly string[], models: ModelTable, notices: string[]): void {
  for (const id of ids) {
    const advice = adviceOn(id, models);
    if (advice !== undefined) notices.push(`MODEL_FALLBACKS: ${advice}`);
  }
}

/**
 * `isOwn`: the operator wrote the groups. Then mapped models that the groups do not name stand before the first one, so
 * that `BIG_MODEL=x MODEL_FALLBACKS=y` means that y takes the place of x.
 */
export function readModelFallbacks(
  { MODEL_FALLBACKS }: Values,
  { modelMap: { big, small, patterns }, models: table }: { modelMap: ModelMap; models: ModelTable },
  isOwn: boolean,
  notices: string[],
): ModelFallbacks {
  if (MODEL_FALLBACKS.trim().toLowerCase() === NO_FALLBACKS) return [];
  const groups = MODEL_FALLBACKS.split('>').map(parseGroup);
  const models = groups.flat();
  const [twice] = models.filter((model, index) => models.indexOf(model) < index);
  if (twice !== undefined) throw refused(`${twice} is there twice`);
  if (!isOwn) return groups;
  adviseOn(models, table, notices);
  const mapped = [big, small, ...patterns.map(([, target]) => unprefixed(target))];
  const unnamed = [...new Set(mapped)].filter((model) => !models.includes(model));
  return unnamed.length > 0 ? [unnamed, ...groups] : groups;
}
