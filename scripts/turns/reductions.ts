/** Ways to make a client's request smaller, each a function from a body to a smaller one. */
import { isObject } from '../../src/lib/json.ts';

type Value = Record<string, unknown>;
export type Change = (body: Value) => Value | undefined;

/** The form of the answer depends on these. */
const NEEDED: readonly string[] = ['model', 'messages', 'max_tokens', 'stream'];

/** How many characters of a long text are kept. */
const KEPT = 16;
const LONG = 80;

/** From large to small: messages, tools, keys, blocks, and pieces of tools. */
export function* attempts(body: Value): Generator<Change> {
  yield* besidesTools(body);
  yield* withoutRuns('tools', lengthOf(body['tools']));
  yield (now) => withoutKey(now, 'tools');
  for (const index of toolsOf(body).keys()) yield* barer(body, index, () => true);
}

const settingsIn = (body: Value): string[] =>
  Object.keys(body).filter((key) => !NEEDED.includes(key) && key !== 'tools');

/** `keys` may go as a whole. */
function* besidesTools(body: Value, keys = settingsIn(body)): Generator<Change> {
  yield* withoutRuns('messages', lengthOf(body['messages']));
  yield* withoutRuns('system', lengthOf(body['system']));
  for (const key of keys) yield (now) => withoutKey(now, key);
  for (let index = lengthOf(body['messages']) - 1; index >= 0; index--) yield* withoutBlocks(body, index);
}

/** What upstream has not said anything of: old messages, and tools and arguments that it does not name. */
export function* unnamed(body: Value, said: string): Generator<Change> {
  const isUnnamed = (name: string) => !said.includes(name);
  yield (now) => onlyTools(now, (tool) => !isUnnamed(nameOf(tool)));
  for (const [index, tool] of toolsOf(body).entries())
    if (isUnnamed(nameOf(tool))) yield (now) => changedList(now, 'tools', (list) => dropped(list, index, 1));
  yield* besidesTools(body, lengthOf(body['system']) === 0 ? ['metadata', 'system'] : ['metadata']);
  for (const index of toolsOf(body).keys()) yield* barer(body, index, isUnnamed);
}

/**
 * All but the tools, and of these only the ones of `names`. Where Google names them by their places, those before them
 * stay without their schemas.
 */
export function* withNamedTools(body: Value, names: readonly string[]): Generator<Change> {
  const isNamed = (tool: unknown) => names.includes(nameOf(tool));
  yield (now) => onlyTools(now, isNamed);
  yield (now) => {
    const all = toolsOf(now);
    const last = all.findLastIndex(isNamed);
    const isSmall = last === all.length - 1 && all.every((tool) => isNamed(tool) || isBare(tool));
    if (last < 0 || isSmall) return undefined;
    return { ...now, tools: all.slice(0, last + 1).map((tool) => (isNamed(tool) ? tool : bare(tool))) };
  };
  yield* besidesTools(body);
}

/** The headers and the query of a request. Who asked stays. */
export function* headAttempts(head: Value): Generator<Change> {
  yield (now) => (now['query'] === '' ? undefined : { ...now, query: '' });
  const { headers } = head;
  const names = isObject(headers) ? Object.keys(headers).filter((name) => name !== 'user-agent') : [];
  for (const name of names)
    yield (now) => {
      const fewer = isObject(now['headers']) ? withoutKey(now['headers'], name) : undefined;
      return fewer && { ...now, headers: fewer };
    };
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** Halves first, then ever shorter runs, from the front, so that old messages go before new ones. */
export function* runsOf(length: number): Generator<[from: number, size: number]> {
  for (let size = length; size >= 1; size = Math.floor(size / 2))
    for (let end = length; end > 0; end -= size) yield [Math.max(0, end - size), size];
}

function* withoutRuns(key: string, length: number): Generator<Change> {
  for (const [from, size] of runsOf(length))
    yield (body) => changedList(body, key, (list) => dropped(list, from, size));
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

// ── tools ─────────────────────────────────────────────────────────────────────────────────────────────────────

const toolsOf = (body: Value): unknown[] => (Array.isArray(body['tools']) ? body['tools'] : []);

const nameOf = (tool: unknown): string => (isObject(tool) ? String(tool['name']) : '');

const bare = (tool: unknown): unknown =>
  isObject(tool) && 'input_schema' in tool ? { name: tool['name'], input_schema: { type: 'object' } } : tool;

const isBare = (tool: unknown): boolean => JSON.stringify(bare(tool)) === JSON.stringify(tool);

/** Undefined where nothing would go. */
function onlyTools(body: Value, keeps: (tool: unknown) => boolean): Value | undefined {
  const all = toolsOf(body);
  const kept = all.filter(keeps);
  if (kept.length === all.length) return undefined;
  return kept.length === 0 ? withoutKey(body, 'tools') : { ...body, tools: kept };
}

/** One tool with less: without its description, and without the arguments that `mayGo` names. */
function* barer(body: Value, index: number, mayGo: (name: string) => boolean): Generator<Change> {
  const change = (smaller: (tool: Value) => Value | undefined): Change => {
    return (now) =>
      changedList(now, 'tools', (list) => {
        const tool = list[index];
        const changed = isObject(tool) ? smaller(tool) : undefined;
        return changed && list.with(index, changed);
      });
  };
  const schema = schemaOf(toolsOf(body)[index]);
  if (!schema) return;
  yield change((tool) => withoutKey(tool, 'description'));
  const { properties } = schema;
  const names = isObject(properties) ? Object.keys(properties) : [];
  for (const name of names.filter(mayGo)) yield change((tool) => withoutArgument(tool, name));
  for (const name of names) yield change((tool) => withBareArgument(tool, name));
  yield change((tool) => withSchema(tool, withoutKey(schemaOf(tool) ?? {}, '$schema')));
  yield change((tool) => withSchema(tool, withoutKey(schemaOf(tool) ?? {}, 'additionalProperties')));
}

function schemaOf(tool: unknown): Value | undefined {
  const schema = isObject(tool) ? tool['input_schema'] : undefined;
  return isObject(schema) ? schema : undefined;
}

const withSchema = (tool: Value, schema: Value | undefined): Value | undefined =>
  schema && { ...tool, input_schema: schema };

function withoutArgument(tool: Value, name: string): Value | undefined {
  const { properties, required, ...rest } = schemaOf(tool) ?? {};
  const fewer = isObject(properties) ? withoutKey(properties, name) : undefined;
  if (!fewer) return undefined;
  const still = Array.isArray(required) ? required.filter((other) => other !== name) : [];
  return {
    ...tool,
    input_schema: { ...rest, properties: fewer, ...(still.length > 0 ? { required: still } : {}) },
  };
}

/** The type of an argument says what its description does. */
function withBareArgument(tool: Value, name: string): Value | undefined {
  const schema = schemaOf(tool);
  const properties = schema?.['properties'];
  const argument = isObject(properties) ? properties[name] : undefined;
  const smaller = isObject(argument) ? withoutKey(argument, 'description') : undefined;
  return (
    smaller && {
      ...tool,
      input_schema: { ...schema, properties: { ...(properties as Value), [name]: smaller } },
    }
  );
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
