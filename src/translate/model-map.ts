/** Decides which Gemini model answers for the id in a client's request. */
import { MessagesError } from '../anthropic/errors.ts';
import type { GeminiModel, ModelTable } from '../gemini/models.ts';
import { ANSWERED_CALLERS, type AnsweredCaller } from './caller.ts';

export type ModelMap = {
  /** `big`: the Gemini model for opus, sonnet, fable and unknown Claude ids. `small`: the one for haiku. */
  big: string;
  small: string;
  /**
   * Pairs of an exact id, or a pattern with `*`, and the Gemini model for it. Exact ids come before patterns; among
   * patterns the first that matches counts. A pair for one kind of request alone has its name before the id
   * (`subagent:claude-*`), and comes before all pairs for every kind.
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

const SCOPED = new RegExp(`^(${ANSWERED_CALLERS.join('|')}):(.*)$`);

/** The kind of request that a pattern of `MODEL_MAP` is for (undefined: every kind), and the ids that it matches. */
export function scopeOf(pattern: string): { caller: string | undefined; ids: string } {
  const [, caller, ids = pattern] = SCOPED.exec(pattern) ?? [];
  return { caller, ids };
}

type Rule = readonly [ids: string, target: string];

const rulesOf = ({ patterns }: ModelMap, caller: AnsweredCaller | undefined): Rule[] =>
  patterns.flatMap(([pattern, target]): Rule[] => {
    const scope = scopeOf(pattern);
    return scope.caller === caller ? [[scope.ids, target]] : [];
  });

/** The rule for an id. An id with any of these prefixes means the same model as without it. */
function ruleFor(
  requested: string,
  id: string,
  map: ModelMap,
  caller: AnsweredCaller | undefined,
): Rule | undefined {
  if (map.patterns.length === 0) return undefined;
  const names = [requested, id, id.replace(PREFIX, '')];
  const ruleIn = (rules: readonly Rule[]) =>
    rules.find(([ids]) => names.includes(ids)) ?? rules.find(([ids]) => matches(ids, id));
  const own = caller === undefined ? undefined : ruleIn(rulesOf(map, caller));
  return own ?? ruleIn(rulesOf(map, undefined));
}

const isGemini = (name: string): boolean => PREFIX.test(name) || name.startsWith('gemini-');

const bareId = (requested: string): string => requested.trim().replace(WINDOW, '');

/** True where the client itself names a Gemini model: then no setting maps it to another model. */
export function namesGemini(requested: string, map: ModelMap, caller?: AnsweredCaller): boolean {
  const id = bareId(requested);
  return isGemini(id.toLowerCase()) && ruleFor(requested, id, map, caller) === undefined;
}

function target(
  requested: string,
  id: string,
  map: ModelMap,
  caller: AnsweredCaller | undefined,
): string | undefined {
  const rule = ruleFor(requested, id, map, caller);
  if (rule) return rule[1];
  const name = id.toLowerCase();
  if (isGemini(name)) return id;
  if (name.includes('haiku')) return map.small;
  return /opus|sonnet|fable|^claude-/.test(name) ? map.big : undefined;
}

/**
 * The Gemini model for an id, in a request of this kind. Throws a MessagesError 404 for an id that names neither a Claude
 * nor a Gemini model.
 */
export function mapModel(
  requested: string,
  map: ModelMap,
  models: ModelTable,
  caller?: AnsweredCaller,
): GeminiModel {
  const id = bareId(requested);
  const found = target(requested, id, map, caller);
  const gemini = found?.replace(PREFIX, '').replace(PREFIX, '');
  if (!gemini || !MODEL_NAME.test(gemini)) throw new MessagesError('not_found_error', `model: ${requested}`);
  return models.row(gemini);
}
