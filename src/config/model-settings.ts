/** The model settings, understood and checked: which models serve, and which take their place. */
import { isKnownModel, MODELS } from '../gemini/models.ts';
import { editDistance } from '../lib/edit-distance.ts';
import { MODEL_NAME, type ModelMap } from '../translate/model-map.ts';
import { ConfigError } from './read-value.ts';
import { NO_FALLBACKS, VARIABLES, type Values } from './variables.ts';

/** Groups from left to right. Where a model cannot serve, the first usable model of the groups after its own does. */
export type ModelFallbacks = readonly (readonly string[])[];

const unprefixed = (model: string): string => model.replace(/^(gemini|google|models)\//, '');

/** Letters. */
const NEAR = 2;

/** A remark and no refusal: Google has new models sooner than our table. */
function unknownModel(setting: string, model: string): string {
  const near = MODELS.map(({ id }) => ({ id, distance: editDistance(id, model.toLowerCase()) }))
    .filter(({ distance }) => distance <= NEAR)
    .sort((a, b) => a.distance - b.distance)[0];
  const hint = near ? `; did you mean ${near.id}?` : '';
  return `${setting}: ${model} is not in this version's table; taken for one like the newest${hint}`;
}

/** Google has shut these down, but `.env` files of older proxies still name them. */
const RETIRED = /^gemini-(1\.[05]-|pro$|pro-vision$|ultra$)/;

function modelPatterns({ MODEL_MAP = {} }: Values, notices: string[]): ModelMap['patterns'] {
  const patterns = Object.entries(MODEL_MAP);
  for (const [pattern, model] of patterns) {
    const target = unprefixed(model);
    if (RETIRED.test(target)) notices.push(`MODEL_MAP: Google has retired ${model} (${pattern})`);
    else if (!isKnownModel(target)) notices.push(`${unknownModel('MODEL_MAP', model)} (${pattern})`);
  }
  return patterns;
}

function modelSetting(name: 'BIG_MODEL' | 'SMALL_MODEL', values: Values, notices: string[]): string {
  const model = unprefixed(values[name]);
  if (!RETIRED.test(model)) {
    if (!isKnownModel(model)) notices.push(unknownModel(name, model));
    return model;
  }
  const replacement = String(VARIABLES[name].default);
  notices.push(`${name}: Google has retired ${model}; ${replacement} is used instead`);
  return replacement;
}

export const readModelMap = (values: Values, notices: string[]): ModelMap => ({
  big: modelSetting('BIG_MODEL', values, notices),
  small: modelSetting('SMALL_MODEL', values, notices),
  patterns: modelPatterns(values, notices),
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

function adviseOn(models: readonly string[], notices: string[]): void {
  for (const model of models) {
    if (RETIRED.test(model)) notices.push(`MODEL_FALLBACKS: Google has retired ${model}`);
    else if (!isKnownModel(model)) notices.push(unknownModel('MODEL_FALLBACKS', model));
  }
}

/**
 * `isOwn`: the operator wrote the groups. Then mapped models that the groups do not name stand before the first one, so
 * that `BIG_MODEL=x MODEL_FALLBACKS=y` means that y takes the place of x.
 */
export function readModelFallbacks(
  { MODEL_FALLBACKS }: Values,
  { big, small, patterns }: ModelMap,
  isOwn: boolean,
  notices: string[],
): ModelFallbacks {
  if (MODEL_FALLBACKS.trim().toLowerCase() === NO_FALLBACKS) return [];
  const groups = MODEL_FALLBACKS.split('>').map(parseGroup);
  const models = groups.flat();
  const [twice] = models.filter((model, index) => models.indexOf(model) < index);
  if (twice !== undefined) throw refused(`${twice} is there twice`);
  if (!isOwn) return groups;
  adviseOn(models, notices);
  const mapped = [big, small, ...patterns.map(([, target]) => unprefixed(target))];
  const unnamed = [...new Set(mapped)].filter((model) => !models.includes(model));
  return unnamed.length > 0 ? [unnamed, ...groups] : groups;
}
