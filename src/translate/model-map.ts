/** Which Gemini model serves the id that a client asks for. */
import { MessagesError } from '../anthropic/errors.ts';
import { type GeminiModel, modelRow } from '../gemini/models.ts';

export type ModelMap = {
  /** The Gemini model for opus, sonnet, fable and unknown Claude ids (`big`), and the one for haiku (`small`). */
  big: string;
  small: string;
  /**
   * Exact ids, or patterns with `*`, and the Gemini model for each. Exact ids come before patterns; of patterns the
   * first match counts.
   */
  patterns: readonly (readonly [pattern: string, target: string])[];
};

/** Prefixes that other tools put before the id of a Gemini model. */
const PREFIX = /^(?:models|gemini|google)\//;

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

/** With any of these prefixes the id means the same model. */
const ruleFor = (requested: string, id: string, { patterns }: ModelMap) => {
  const names = [requested, id, id.replace(PREFIX, '')];
  return (
    patterns.find(([pattern]) => names.includes(pattern)) ??
    patterns.find(([pattern]) => matches(pattern, id))
  );
};

const isGemini = (name: string): boolean => PREFIX.test(name) || name.startsWith('gemini-');

const bareId = (requested: string): string => requested.trim().replace(WINDOW, '');

/** The client names a Gemini model itself: no setting maps it to another. */
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

/** Throws a MessagesError 404 for an id that names neither a Claude nor a Gemini model. */
export function mapModel(requested: string, map: ModelMap): GeminiModel {
  const id = bareId(requested);
  const found = target(requested, id, map);
  const gemini = found?.replace(PREFIX, '').replace(PREFIX, '');
  if (!gemini || !MODEL_NAME.test(gemini)) throw new MessagesError('not_found_error', `model: ${requested}`);
  return modelRow(gemini);
}
