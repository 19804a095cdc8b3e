/** Ways to make a client's request smaller, each a function from a body to a smaller one. */
import { isObject } from '../../src/lib/json.ts';

type Value = Record<string, unknown>;
export type Change = (body: Value) => Value | undefined;

/** The form of the answer depends on these. */
const NEEDED: readonly string[] = ['model', 'messages', 'max_tokens', 'stream'];

/** How many characters of a long text are kept. */
const KEPT = 16;
const LONG = 80;

/** From large to small: messages, tools, keys, blocks. */
export function* attempts(body: Value): Generator<Change> {
  yield* withoutRuns('messages', lengthOf(body['messages']));
  yield* withoutRuns('tools', lengthOf(body['tools']));
  yield* withoutRuns('system', lengthOf(body['system']));
  for (const key of Object.keys(body)) if (!NEEDED.includes(key)) yield (now) => withoutKey(now, key);
  for (let index = lengthOf(body['messages']) - 1; index >= 0; index--) yield* withoutBlocks(body, index);
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** Halves first, then ever shorter runs, from the front, so that old messages go before new ones. */
function* withoutRuns(key: string, length: number): Generator<Change> {
  for (let size = length; size >= 1; size = Math.floor(size / 2)) {
    for (let end = length; end > 0; end -= size) {
      const from = Math.max(0, end - size);
      yield (body) => changedList(body, key, (list) => dropped(list, from, size));
    }
  }
}

const dropped = (list: readonly unknown[], from: number, size: number): unknown[] | undefined =>
  from < list.length ? [...list.slice(0, from), ...list.slice(from + size)] : undefined;

function changedList(
  body: Value,
  key: string,
  change: (list: readonly unknown[]) => unknown[] | undefined,
): Value | undefined {
  const list = body[key];
  const changed = Array.isArray(list) ? change(list) : undefined;
  return changed && { ...body, [key]: changed };
}

function withoutKey(body: Value, key: string): Value | undefined {
  if (!(key in body)) return undefined;
  const { [key]: _gone, ...rest } = body;
  return rest;
}

function* withoutBlocks(body: Value, index: number): Generator<Change> {
  const message = Array.isArray(body['messages']) ? body['messages'][index] : undefined;
  if (!isObject(message)) return;
  for (let block = lengthOf(message['content']) - 1; block >= 0; block--) {
    yield (now) =>
      changedList(now, 'messages', (list) => {
        const target = list[index];
        const smaller = isObject(target)
          ? changedList(target, 'content', (content) => dropped(content, block, 1))
          : undefined;
        return smaller && list.with(index, smaller);
      });
  }
}

/** First all long texts at once, then each by itself. */
export function* shortened(body: Value): Generator<Change> {
  const places = longTexts(body, []);
  if (places.length === 0) return;
  yield (now) => asObject(places.reduce<unknown>(shortenAt, now));
  if (places.length > 1) for (const place of places) yield (now) => asObject(shortenAt(now, place));
}

const asObject = (value: unknown): Value | undefined => (isObject(value) ? value : undefined);

type Place = readonly (string | number)[];

function longTexts(value: unknown, place: Place): Place[] {
  if (typeof value === 'string') return value.length > LONG ? [place] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => longTexts(item, [...place, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => longTexts(item, [...place, key]));
}

function shortenAt(value: unknown, [step, ...rest]: Place): unknown {
  if (step === undefined) return shortText(value);
  if (Array.isArray(value)) {
    const index = Number(step);
    return index < value.length ? value.with(index, shortenAt(value[index], rest)) : value;
  }
  return isObject(value) && step in value ? { ...value, [step]: shortenAt(value[step], rest) } : value;
}

/** Well-formed, and not longer than before. */
const shortText = (value: unknown): unknown =>
  typeof value === 'string' && value.length > LONG ? `${value.slice(0, KEPT).toWellFormed()}…` : value;
