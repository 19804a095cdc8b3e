/** Describes for people how two requests differ that should be the same. */
import { isObject } from '../lib/json.ts';
import { type Matchable, type Noise, readableJson, withoutNoise } from './match.ts';

/** How many characters of each side are shown, around the first difference. */
const SHOWN = 60;
const MAX_LINES = 12;

export type Difference = {
  /** The number of values that differ: 0 for equal requests. */
  count: number;
  /** The first few differences, such as `messages[2].content: "… a" ≠ "… b"`. */
  lines: readonly string[];
};

/** Compares two requests. Each line has the value of `expected` on the left, and the value of `actual` on the right. */
export function differenceOf(expected: Matchable, actual: Matchable, noise: readonly Noise[]): Difference {
  const found = new Differences();
  const head = ({ method, path, query }: Matchable) => `${method} ${path}${query === '' ? '' : `?${query}`}`;
  found.compare('request', head(expected), head(actual));
  const [left, right] = [expected.body, actual.body].map((body) => {
    const value = readableJson(body);
    return value === undefined ? body : withoutNoise(value, noise);
  });
  found.compare('', left, right);
  return found;
}

/** The candidate that is closest to `request`; undefined where there are none. */
export function closestTo<T extends Matchable>(
  request: Matchable,
  candidates: Iterable<T>,
  noise: readonly Noise[],
): { candidate: T; difference: Difference } | undefined {
  let closest: { candidate: T; difference: Difference } | undefined;
  for (const candidate of candidates) {
    const difference = differenceOf(candidate, request, noise);
    if (!closest || difference.count < closest.difference.count) closest = { candidate, difference };
  }
  return closest;
}

class Differences implements Difference {
  count = 0;
  readonly lines: string[] = [];

  compare(path: string, left: unknown, right: unknown): void {
    if (left === right) return;
    if (Array.isArray(left) && Array.isArray(right)) this.#compareLists(path, left, right);
    else if (isObject(left) && isObject(right)) this.#compareObjects(path, left, right);
    else this.#add(path, left, right);
  }

  #compareLists(path: string, left: readonly unknown[], right: readonly unknown[]): void {
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      this.compare(`${path}[${i}]`, left[i], right[i]);
    }
  }

  #compareObjects(path: string, left: Record<string, unknown>, right: Record<string, unknown>): void {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      this.compare(path === '' ? key : `${path}.${key}`, left[key], right[key]);
    }
  }

  #add(path: string, left: unknown, right: unknown): void {
    this.count++;
    if (this.lines.length === MAX_LINES) this.lines.push('…');
    if (this.lines.length > MAX_LINES) return;
    this.lines.push(`${path || 'body'}: ${showPair(left, right)}`);
  }
}

function showPair(left: unknown, right: unknown): string {
  const [a, b] = [left, right].map((value) => (value === undefined ? 'nothing' : JSON.stringify(value)));
  let same = 0;
  while (same < (a ?? '').length && a?.[same] === b?.[same]) same++;
  const from = Math.max(0, same - SHOWN / 3);
  const cut = (text = '') =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN)}${text.length > from + SHOWN ? '…' : ''}`;
  return `${cut(a)} ≠ ${cut(b)}`;
}
