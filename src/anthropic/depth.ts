/**
 * How deep the JSON of a request may be nested. Within the limit everybody may walk a request by recursion, and
 * printing it cannot fail.
 */
import { isDeeperThan, isObject } from '../lib/json.ts';

/** Levels of objects and lists; the body itself is the first. */
export const MOST_LEVELS = 512;

/** How many steps of the path are told: enough to know whose value it is. */
const STEPS_TOLD = 5;

export const isTooDeep = (body: object): boolean => isDeeperThan(body, MOST_LEVELS);

/**
 * The path of a value that is nested too deep, as the API writes it: `messages.1.content.0.tool_use.input`. Undefined
 * where there is none.
 */
export function tooDeepAt(body: object): string | undefined {
  if (!isTooDeep(body)) return undefined;
  const path: string[] = [];
  let at: unknown = body;
  for (let level = 1; level <= STEPS_TOLD; level++) {
    const step = Object.entries(at as object).find(([, inner]) => isDeeperThan(inner, MOST_LEVELS - level));
    if (!step) break;
    const isBlock = path.at(-1) === 'content';
    path.push(step[0]);
    at = step[1];
    // The tag of a block is part of its path.
    if (isBlock && isObject(at) && typeof at['type'] === 'string') path.push(at['type']);
  }
  return path.join('.');
}
