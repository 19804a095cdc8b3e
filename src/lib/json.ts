/** JSON values, and how to read them without trusting them. */
import { isRawNumber } from './exact-json.ts';
import { holdsTooMuch } from './json-figures.ts';

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** True for an object. False for a raw number, which JavaScript treats as an object (`exact-json.ts`). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/**
 * The parsed value. Undefined where `text` is not JSON, or holds more values than any honest sender would write. (JSON
 * itself has no undefined.)
 */
export function tryParseJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  if (holdsTooMuch(text)) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Prints a value as JSON with sorted keys, so that equal values give equal text. Numbers that are equal in JavaScript
 * count as equal. Arrays keep their order.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort()
      .filter((key) => value[key] !== undefined)
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
    return `{${members.join(',')}}`;
  }
  if (isRawNumber(value)) return JSON.stringify(Number(JSON.stringify(value)));
  return JSON.stringify(value) ?? 'null';
}

/** True where two values are equal, whatever the order of their keys. Stops at the first difference. */
export function isSameJson(one: Json, other: Json): boolean {
  if (one === other) return true;
  if (isRawNumber(one)) return isRawNumber(other) && JSON.stringify(one) === JSON.stringify(other);
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, index) => isSameJson(item, other[index] ?? null));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(other, key) &&
      isSameJson((one as JsonObject)[key] ?? null, (other as JsonObject)[key] ?? null),
  );
}

/**
 * The text of `JSON.stringify`. Where that text is longer than `most`, only its beginning, which is also longer than
 * `most`.
 */
export function startOfJson(value: Json, most: number): string {
  let left = most;
  const write = (text: string): string => {
    left -= text.length;
    return text;
  };
  const print = (one: Json): string => {
    if (left < 0) return '';
    if (typeof one === 'string') return write(JSON.stringify(one.slice(0, left + 1)));
    if (!isNested(one)) return write(JSON.stringify(one));
    const isList = Array.isArray(one);
    let text = write(isList ? '[' : '{');
    for (const key in one) {
      if (left < 0) return text;
      if (!Object.hasOwn(one, key)) continue;
      if (text.length > 1) text += write(',');
      if (!isList) text += write(`${JSON.stringify(key)}:`);
      text += print((one as JsonObject)[key] ?? null);
    }
    return text + write(isList ? ']' : '}');
  };
  return print(value);
}

/**
 * True where objects and lists are nested deeper than `levels`. Works without recursion, because a very deep value
 * would overflow the stack.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let layer = [value].filter(isNested);
  for (let level = 1; layer.length > 0; level++) {
    if (level > levels) return true;
    const next: object[] = [];
    for (const outer of layer) {
      // `Object.values` of a long list needs a hundred times the list's memory.
      for (const inner of Array.isArray(outer) ? outer : Object.values(outer)) {
        if (isNested(inner)) next.push(inner);
      }
    }
    layer = next;
  }
  return false;
}

const isNested = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !isRawNumber(value);
