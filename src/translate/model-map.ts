/** Decides which Gemini model answers for the id in a client's request. */
import { MessagesError } from '../anthropic/errors.ts';
import type { GeminiModel, ModelTable } from '../gemini/models.ts';

export type ModelMap = {
  /** `big`: the Gemini model for opus, sonnet, fable and unknown Claude ids. `small`: the one for haiku. */
  big: string;
  small: string;
  /**
   * Pairs of an exact id, or a pattern with `*`, and the Gemini model for it. Exact ids come before patterns; among
   * patterns the first that matches counts.
   */
  patterns: readonly (readonly [pattern: string, target: string])[];
};

/** Prefixes that other tools put before the id of a Gemini model. */
export const PREFIX = /^(?:models|gemini|google)\//;

/** Claude Code's mark for a window of a million tokens. */
const WINDOW = /\[1m\]$/i;

/** The characters that a model's name may have in the path of a URL. */
export const MODEL_NAME = /^\w+(?:[.-]\w+)*$/;

function matches(pattern: string, id: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (!id.startsWith(head)) return false;
  let at = head.length;
  for (const [index, piece] of rest.entries()) {
    const found = index === rest.length - 1 ? id.length - piece.length : id.indexOf(piece, at);
    if (found < at || !id.startsWith(piece, found)) return false;
    at = found + piece.length;
  }
  return at === id.length;
}

/** The rule for an id. An id with any of these prefixes means the same model as without it. */
const ruleFor = (requested: string, id: string, { patterns }: ModelMap) => {
  const names = [requested, id, id.replace(PREFIX, '')];
  return (
    patterns.find(([pattern]) => names.includes(pattern)) ??
    patterns.find(([pattern]) => matches(pattern, id))
  );
};

const isGemini = (name: string): boolean => PREFIX.test(name) || name.startsWith('gemini-');

const bareId = (requested: string): string => requested.trim().replace(WINDOW, '');

/** True where the client itself names a Gemini model: then no setting maps it to another model. */
export function namesGemini(requested: string, map: ModelMap): boolean {
  const id = bareId(requested);
  return isGemini(id.toLowerCase()) && ruleFor(requested, id, map) === undefined;
}

function target(requested: string, id: string, map: ModelMap): string | undefined {
  const rule = ruleFor(requested, id, map);
  if (rule) return rule[1];
  const name = id.toLowerCase();
  if (isGemini(name)) return id;
  if (name.includes('haiku')) return map.small;
  return /opus|sonnet|fable|^claude-/.test(name) ? map.big : undefined;
}

/** The Gemini model for an id. Throws a MessagesError 404 for an id that names neither a Claude nor a Gemini model. */
export function mapModel(requested: string, map: ModelMap, models: ModelTable): GeminiModel {
  const id = bareId(requested);
  const found = target(requested, id, map);
  const gemini = found?.replace(PREFIX, '').replace(PREFIX, '');
  if (!gemini || !MODEL_NAME.test(gemini)) throw new MessagesError('not_found_error', `model: ${requested}`);
  return models.row(gemini);
}
