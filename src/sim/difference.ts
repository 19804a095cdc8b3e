/** Describes for people how two requests differ that should be the same. */
import { isObject } from '../lib/json.ts';
import { type Matchable, type Noise, readableJson, withoutNoise } from './match.ts';

/** How many characters of each side are shown, around the first difference. */
const SHOWN = 60;
/** How many lines there are for one part of the body, such as `messages`, and for the whole. */
const LINES_OF_A_PART = 6;
const MOST_LINES = 15;
/** How many names are listed of those that only one side has. */
const MOST_NAMES = 8;
/** The conversation, on either wire. People look there first: where did it take another way? */
const FIRST_PARTS = ['messages', 'contents'];

export type Difference = {
  /** The number of places that differ: 0 for equal requests. */
  count: number;
  /**
   * The number of single values that differ: in the conversation, and in all. What only one side has counts with all
   * values in it.
   */
  weight: { talk: number; all: number };
  /** The first few differences of each part, such as `messages[2].content: "… a" ≠ "… b"`. */
  lines: readonly string[];
  /** The parts of the body that differ, such as `messages` and `tools`. */
  parts: readonly string[];
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
  found.compareBodies(left, right);
  return found;
}

/**
 * The candidate that is closest to `request`, with those that are as close; undefined where there are none. A difference
 * in the conversation counts before all others.
 */
export function closestTo<T extends Matchable>(
  request: Matchable,
  candidates: readonly T[],
  noise: readonly Noise[],
): { candidate: T; difference: Difference; alike: readonly T[] } | undefined {
  const compared = candidates.map((candidate) => ({
    candidate,
    difference: differenceOf(candidate, request, noise),
  }));
  const [closest, ...alike] = withLeast(compared, ({ difference: { weight } }) => [weight.talk, weight.all]);
  return closest && { ...closest, alike: alike.map(({ candidate }) => candidate) };
}

/** All items with the least measure, in their order. The first figure of a measure counts most. */
export function withLeast<T>(items: readonly T[], measure: (item: T) => readonly number[]): T[] {
  let least: readonly number[] | undefined;
  let found: T[] = [];
  for (const item of items) {
    const measured = measure(item);
    const order = least ? inOrder(measured, least) : -1;
    if (order < 0) {
      least = measured;
      found = [item];
    } else if (order === 0) found.push(item);
  }
  return found;
}

function inOrder(a: readonly number[], b: readonly number[]): number {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? 0;
    if (one !== other) return one - other;
  }
  return 0;
}

type Named = Record<string, unknown> & { name: string };

const isNamed = (item: unknown): item is Named => isObject(item) && typeof item['name'] === 'string';

/** The items by name, where each has a name of its own: such lists are compared by name and not by place. */
function byName(list: readonly unknown[]): Map<string, Named> | undefined {
  if (list.length === 0 || !list.every(isNamed)) return undefined;
  const named = new Map(list.map((item) => [item.name, item]));
  return named.size === list.length ? named : undefined;
}

class Differences implements Difference {
  count = 0;
  readonly weight = { talk: 0, all: 0 };
  readonly #parts = new Map<string, string[]>();
  #part = '';

  get parts(): string[] {
    return [...this.#parts.keys()];
  }

  get lines(): string[] {
    const lines = [...this.#parts].flatMap(([part, found]) =>
      found.length > LINES_OF_A_PART
        ? [...found.slice(0, LINES_OF_A_PART), `${part}: … and ${found.length - LINES_OF_A_PART} more`]
        : found,
    );
    return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '…'] : lines;
  }

  compareBodies(left: unknown, right: unknown): void {
    if (!isObject(left) || !isObject(right)) {
      this.compare('', left, right);
      return;
    }
    const keys = new Set([...FIRST_PARTS, ...Object.keys(left), ...Object.keys(right)]);
    for (const key of keys) {
      this.#part = key;
      this.compare(key, left[key], right[key]);
    }
  }

  compare(path: string, left: unknown, right: unknown): void {
    if (left === right) return;
    if (Array.isArray(left) && Array.isArray(right)) this.#compareLists(path, left, right);
    else if (isObject(left) && isObject(right)) this.#compareObjects(path, left, right);
    else this.#add(path, showPair(left, right), Math.max(leavesOf(left), leavesOf(right)));
  }

  #compareLists(path: string, left: readonly unknown[], right: readonly unknown[]): void {
    const [named, other] = [byName(left), byName(right)];
    if (named && other) this.#compareNamed(path, named, other);
    else
      for (let i = 0; i < Math.max(left.length, right.length); i++)
        this.compare(`${path}[${i}]`, left[i], right[i]);
  }

  #compareNamed(path: string, left: ReadonlyMap<string, Named>, right: ReadonlyMap<string, Named>): void {
    const before = this.count;
    const gone = [...left].filter(([name]) => !right.has(name));
    const come = [...right].filter(([name]) => !left.has(name));
    this.#addNames(path, 'recorded', gone);
    this.#addNames(path, 'now', come);
    for (const [name, item] of left) {
      if (right.has(name)) this.compare(`${path}[${name}]`, item, right.get(name));
    }
    const isSame = this.count === before;
    if (isSame && String([...left.keys()]) !== String([...right.keys()]))
      this.#add(path, 'the same in another order', 1);
  }

  #addNames(path: string, side: string, items: readonly (readonly [string, Named])[]): void {
    if (items.length === 0) return;
    const more = items.length > MOST_NAMES ? ` and ${items.length - MOST_NAMES} more` : '';
    const names = items.slice(0, MOST_NAMES).map(([name]) => name);
    this.#add(path, `only ${side}: ${names.join(', ')}${more}`, leavesOf(items.map(([, item]) => item)));
    this.count += items.length - 1;
  }

  #compareObjects(path: string, left: Record<string, unknown>, right: Record<string, unknown>): void {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      this.compare(path === '' ? key : `${path}.${key}`, left[key], right[key]);
    }
  }

  #add(path: string, what: string, weight: number): void {
    this.count++;
    this.weight.all += weight;
    if (FIRST_PARTS.includes(this.#part)) this.weight.talk += weight;
    const part = this.#part || path || 'body';
    const lines = this.#parts.get(part) ?? [];
    this.#parts.set(part, lines);
    lines.push(`${path || 'body'}: ${what}`);
  }
}

/** The number of single values in `value`. An empty list or object counts as one. */
function leavesOf(value: unknown): number {
  if (value === undefined) return 0;
  const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return items.length === 0 ? 1 : items.reduce((sum: number, item) => sum + leavesOf(item), 0);
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
