/**
 * Reads `MODELS_FILE`: rows of the user's own for the table of models, in JSON or YAML. A row names a model and what is
 * to be otherwise than in the table; a row for an id that the table does not have says which model it is like. An error
 * names the file, the row and the field.
 */
import { readFileSync, statSync } from 'node:fs';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { parse } from 'yaml';
import type { Caching, GeminiModel, ModelTable, Thinking } from '../gemini/models.ts';
import { editDistance } from '../lib/edit-distance.ts';
import { isObject } from '../lib/json.ts';
import { quoted } from '../lib/shown-text.ts';
import { type Price, SERVICES, type Tier } from '../prices/prices.ts';
import { MODEL_NAME } from '../translate/model-map.ts';
import { ConfigError } from './read-value.ts';

/** Bytes. A thousand rows have a tenth of that. */
const LARGEST = 4 * 1024 * 1024;
const MOST_ROWS = 1_000;
/** Letters by which a misspelt field may differ from the one that is meant. */
const NEAR = 3;

const closed = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });
const one = <const T extends readonly string[]>(...values: T) =>
  Type.Union(values.map((value) => Type.Literal(value as T[number])));

const Tokens = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
const Dollars = Type.Number({ minimum: 0, maximum: 1_000_000 });
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' });
const Id = Type.String({ pattern: MODEL_NAME.source, maxLength: 200 });
const Text = Type.String({ minLength: 1, maxLength: 200 });
const LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;

const TierRow = closed({
  input: Dollars,
  output: Dollars,
  thinking: Type.Optional(Dollars),
  cacheRead: Type.Optional(Dollars),
  audio: Type.Optional(closed({ input: Dollars, cacheRead: Dollars })),
  from: Type.Optional(Day),
  above: Type.Optional(Tokens),
  service: Type.Optional(one(...SERVICES)),
});

const ThinkingRow = closed({
  kind: one('none', 'budget', 'level'),
  levels: Type.Optional(Type.Array(one(...LEVELS), { minItems: 1 })),
  min: Type.Optional(Type.Integer({ minimum: 0 })),
  max: Type.Optional(Tokens),
  off: Type.Optional(Type.Boolean()),
});

const LifecycleRow = closed({
  stage: one('preview', 'stable', 'deprecated', 'retired'),
  deprecated: Type.Optional(Day),
  retires: Type.Optional(Day),
  successor: Type.Optional(Id),
  routed: Type.Optional(closed({ from: Day, to: Id })),
});

const Row = closed({
  id: Id,
  like: Type.Optional(Id),
  displayName: Type.Optional(Text),
  family: Type.Optional(one('gemini-1.5', 'gemini-2.0', 'gemini-2.5', 'gemini-3', 'gemini-4')),
  inputTokens: Type.Optional(Tokens),
  outputTokens: Type.Optional(Tokens),
  longAnswers: Type.Optional(Type.Boolean()),
  thinking: Type.Optional(ThinkingRow),
  signatures: Type.Optional(one('none', 'optional', 'required')),
  mediaInResponses: Type.Optional(Type.Boolean()),
  responsesAlone: Type.Optional(Type.Boolean()),
  callIds: Type.Optional(Type.Boolean()),
  readsUrls: Type.Optional(Type.Boolean()),
  jsonWithTools: Type.Optional(Type.Boolean()),
  sampling: Type.Optional(one('honoured', 'ignored')),
  caching: Type.Optional(
    Type.Union([
      Type.Literal('none'),
      closed({ minTokens: Type.Optional(Tokens), storage: Type.Optional(Dollars) }),
    ]),
  ),
  price: Type.Optional(Type.Array(TierRow)),
  priceSource: Type.Optional(closed({ page: Text, date: Day })),
  lifecycle: Type.Optional(LifecycleRow),
  released: Type.Optional(Day),
});
type Row = Static<typeof Row>;

/** The rows of `text`, made complete with those of `table`. `file`: its name, for errors. */
export function parseModels(text: string, file: string, table: ModelTable): GeminiModel[] {
  const fail = (why: string): never => {
    throw new ConfigError(`MODELS_FILE: ${file}: ${why}`);
  };
  const rows = rowsIn(readText(text, fail), fail);
  if (rows.length > MOST_ROWS) fail(`${rows.length} models; ${MOST_ROWS} at most`);
  let known = table;
  return rows.map(({ row, at }) => {
    const model = complete(checked(row, at, fail), at, known, fail);
    if (known !== table && table.own(model.id) !== known.own(model.id))
      fail(`${at}: ${model.id} is there twice`);
    known = known.with([model]);
    return model;
  });
}

/** The rows of the file at `path`. */
export function readModelsFile(path: string, table: ModelTable): GeminiModel[] {
  return parseModels(textOf(path), quoted(path), table);
}

function textOf(path: string): string {
  try {
    if (statSync(path).size > LARGEST)
      throw new ConfigError(`MODELS_FILE: ${quoted(path)} is larger than 4 MB`);
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'ENOENT' ? 'there is no such file' : code;
    throw new ConfigError(`MODELS_FILE: ${quoted(path)} cannot be read: ${why}`);
  }
}

type Fail = (why: string) => never;
type Found = { row: unknown; at: string };

function readText(text: string, fail: Fail): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return fail(`neither JSON nor YAML: ${reason.replace(/:$/, '')}`);
  }
}

/** A list of rows, or rows by their ids; on their own, or under `models`. */
function rowsIn(data: unknown, fail: Fail): Found[] {
  const isWrapped = isObject(data) && Object.keys(data).length === 1 && 'models' in data;
  const rows = isWrapped ? data['models'] : data;
  const path = isWrapped ? 'models' : '';
  if (Array.isArray(rows)) return rows.map((row: unknown, index) => ({ row, at: `${path}[${index}]` }));
  if (!isObject(rows))
    return fail(`${path || 'the file'}: needs a list of models, or an object of models by id`);
  return Object.entries(rows).map(([id, row]) => ({
    row: isObject(row) ? { id, ...row } : row,
    at: path === '' ? id : `${path}.${id}`,
  }));
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The names that Google's list of models and our own `/v1/models` have for the same. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  inputTokenLimit: 'inputTokens',
  outputTokenLimit: 'outputTokens',
  maxInputTokens: 'inputTokens',
  maxTokens: 'outputTokens',
  cached: 'cacheRead',
};

const nameOf = (written: string): string => {
  const name = camelCase(written);
  return Object.hasOwn(OTHER_NAMES, name) ? (OTHER_NAMES[name] ?? name) : name;
};

/** Keys in snake_case mean the same; so do a single price, a list of levels, and the word `none`. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [nameOf(name), normal(inner)]));
}

function shorthand(row: Record<string, unknown>): Record<string, unknown> {
  const { price, thinking, ...rest } = row;
  return {
    ...rest,
    ...(price === undefined ? {} : { price: isObject(price) ? [price] : price }),
    ...(thinking === undefined ? {} : { thinking: thinkingOf(thinking) }),
  };
}

function thinkingOf(thinking: unknown): unknown {
  if (thinking === 'none' || thinking === false) return { kind: 'none' };
  if (Array.isArray(thinking)) return { kind: 'level', levels: thinking };
  if (!isObject(thinking) || 'kind' in thinking) return thinking;
  return { kind: 'levels' in thinking ? 'level' : 'budget', ...thinking };
}

function checked(found: unknown, at: string, fail: Fail): Row {
  const plain = normal(found);
  const row = isObject(plain) ? shorthand(plain) : plain;
  if (Value.Check(Row, row)) return row;
  const [error] = Value.Errors(Row, row);
  const path = `${at}${(error?.path ?? '').replaceAll('/', '.')}`;
  const name = path.split('.').at(-1) ?? '';
  if (error?.message === 'Unexpected property') return fail(`${path}: no such field${nearest(name)}`);
  return fail(
    `${path}: ${expected(error?.schema, error?.message ?? 'is wrong')}, got ${quoted(JSON.stringify(error?.value) ?? 'nothing')}`,
  );
}

function nearest(name: string): string {
  const [near] = Object.keys(Row.properties)
    .map((known) => ({ known, distance: editDistance(known.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= NEAR)
    .sort((a, b) => a.distance - b.distance);
  return near ? `; did you mean ${near.known}?` : `; there are ${Object.keys(Row.properties).join(', ')}`;
}

function expected(schema: TSchema | undefined, message: string): string {
  const choices: TSchema[] = schema?.['anyOf'] ?? [];
  if (choices.length > 0)
    return `expected ${choices.map((choice) => ('const' in choice ? String(choice['const']) : 'an object')).join(', ')}`;
  if (schema === undefined) return message;
  if (schema['pattern'] === Day['pattern']) return 'expected a day such as 2026-11-30';
  return schema['pattern'] === undefined ? message.toLowerCase() : 'expected the id of a Gemini model';
}

/** The whole row: what the file says, over the row of the same id, or of the model that it is like. */
function complete(row: Row, at: string, table: ModelTable, fail: Fail): GeminiModel {
  const { like, thinking, caching, price, priceSource, ...own } = row;
  if (like !== undefined && !table.isKnown(like)) fail(`${at}.like: the table has no model ${like}`);
  const base = table.row(like ?? row.id);
  const isNew = table.own(row.id) === undefined;
  return {
    ...base,
    // Nobody knows the price of a model that only looks like another.
    ...(isNew
      ? { displayName: row.id, price: { tiers: [], source: FROM_FILE }, lifecycle: { stage: 'stable' } }
      : {}),
    ...withoutUndefined(own),
    ...(thinking ? { thinking: completeThinking(thinking, base.thinking, at, fail) } : {}),
    ...(caching ? { caching: completeCaching(caching, base.caching, at, fail) } : {}),
    ...(price ? { price: { tiers: price.map(tierOf), source: priceSource ?? FROM_FILE } } : {}),
  };
}

const FROM_FILE: Price['source'] = { page: 'MODELS_FILE', date: '' };

const tierOf = ({ cacheRead, thinking, ...tier }: Static<typeof TierRow>): Tier => ({
  ...withoutUndefined(tier),
  thinking: thinking ?? tier.output,
  cacheRead: cacheRead ?? tier.input,
});

function completeThinking(row: Static<typeof ThinkingRow>, base: Thinking, at: string, fail: Fail): Thinking {
  switch (row.kind) {
    case 'none':
      return { kind: 'none' };
    case 'level': {
      if (!row.levels) return fail(`${at}.thinking.levels: expected a list of ${LEVELS.join(', ')}`);
      const levels = row.levels;
      return { kind: 'level', levels: LEVELS.filter((level) => levels.includes(level)) };
    }
    case 'budget': {
      const known = base.kind === 'budget' ? base : { min: 0, max: 24_576, off: true };
      const { min = known.min, max = known.max, off = known.off } = row;
      if (min > max) fail(`${at}.thinking.min: ${min} is more than max, ${max}`);
      return { kind: 'budget', min, max, off };
    }
  }
}

/** Nobody knows what storage costs with a model that has no caching in the table. */
function completeCaching(
  row: NonNullable<Row['caching']>,
  base: Caching | undefined,
  at: string,
  fail: Fail,
): Caching | undefined {
  if (row === 'none') return undefined;
  const { minTokens = base?.minTokens, storage = base?.storage } = row;
  if (minTokens === undefined) return fail(`${at}.caching.minTokens: expected a number of tokens`);
  if (storage === undefined)
    return fail(`${at}.caching.storage: expected dollars for a million tokens and hour`);
  return { minTokens, storage };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const withoutUndefined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Defined<T>;
