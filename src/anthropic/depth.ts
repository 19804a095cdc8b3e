/**
 * Limits how deep the JSON of a request may be nested. Within the limit any code may walk over a request by recursion,
 * and printing it cannot fail.
 */
import { isDeeperThan, isObject } from '../lib/json.ts';

/** The most levels of objects and lists; the body itself is the first level. */
export const MOST_LEVELS = 512;

/** How many steps of the path the error names: enough to show whose value it is. */
const STEPS_TOLD = 5;

export const isTooDeep = (body: object): boolean => isDeeperThan(body, MOST_LEVELS);

/**
 * The path of a value that is nested too deep, in the form of the API: `messages.1.content.0.tool_use.input`. Undefined
 * where no value is.
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
    // The tag of a block is a part of the path.
    if (isBlock && isObject(at) && typeof at['type'] === 'string') path.push(at['type']);
  }
  return path.join('.');
}
