/** Shows where two JSON values differ, one line for each place. */
import { isObject } from '../../../src/lib/json.ts';

/** How many characters of a value are shown. */
const SHOWN = 160;

/**
 * `contents[0].parts[1].text: was → is`; empty for equal values. If only the order of keys differs, one line says so.
 */
export function jsonDiff(was: unknown, is: unknown): string[] {
  const lines: string[] = [];
  compare('', was, is, lines);
  const sameText = JSON.stringify(was) === JSON.stringify(is);
  return lines.length > 0 || sameText ? lines : ['~ only the order of keys differs'];
}

const step = (path: string, key: string | number): string => {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
};

/** `contents[0].role "user"`: a line for each value that has none inside. */
export function jsonPlaces(value: unknown, path = ''): string[] {
  const inside = Array.isArray(value) ? [...value.entries()] : isObject(value) ? Object.entries(value) : [];
  if (inside.length === 0) return [`${path} ${JSON.stringify(value)}`];
  return inside.flatMap(([key, item]) => jsonPlaces(item, step(path, key)));
}

function compare(path: string, was: unknown, is: unknown, lines: string[]): void {
  if (Object.is(was, is)) return;
  if (Array.isArray(was) && Array.isArray(is)) {
    for (let i = 0; i < Math.max(was.length, is.length); i++) {
      member(step(path, i), i in was, was[i], i in is, is[i], lines);
    }
  } else if (isObject(was) && isObject(is)) {
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
      member(step(path, key), Object.hasOwn(was, key), was[key], Object.hasOwn(is, key), is[key], lines);
    }
  } else {
    lines.push(`~ ${path || '(all)'}`, ...textDiff(was, is));
  }
}

function member(path: string, inWas: boolean, was: unknown, inIs: boolean, is: unknown, lines: string[]) {
  if (inWas && inIs) compare(path, was, is, lines);
  else if (inWas) lines.push(`- ${path}: ${shown(was)}`);
  else lines.push(`+ ${path}: ${shown(is)}`);
}

/** For long texts, from shortly before the first difference. */
function textDiff(was: unknown, is: unknown): string[] {
  const [before, after] = [JSON.stringify(was) ?? 'undefined', JSON.stringify(is) ?? 'undefined'];
  let same = 0;
  while (same < before.length && before[same] === after[same]) same++;
  const from = Math.max(0, Math.min(same - SHOWN / 4, Math.max(before.length, after.length) - SHOWN));
  return [`    was ${excerpt(before, from)}`, `    is  ${excerpt(after, from)}`];
}

const shown = (value: unknown) => excerpt(JSON.stringify(value) ?? 'undefined', 0);

const excerpt = (text: string, from: number) =>
  `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN)}${text.length > from + SHOWN ? '…' : ''}`;
