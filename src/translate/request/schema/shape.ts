/**
 * Gives each keyword of one schema a value of the right kind. Schemas of servers are written by hand, in PHP (where an
 * empty object is a list), or for an older draft, and Google refuses a whole request because of one value of the wrong
 * kind.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { type Kind, kindOf } from './keywords.ts';
import { shortly, type Told } from './place.ts';

const TYPES: ReadonlySet<string> = new Set([
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
]);

/** Names of types from other languages. Any other name means nothing, and is left out. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['str', 'string'],
  ['text', 'string'],
  ['int', 'integer'],
  ['long', 'integer'],
  ['float', 'number'],
  ['double', 'number'],
  ['decimal', 'number'],
  ['bool', 'boolean'],
  ['dict', 'object'],
  ['map', 'object'],
  ['record', 'object'],
  ['list', 'array'],
  ['tuple', 'array'],
  ['none', 'null'],
]);

/** The type that a name means, if Google knows that name in upper or lower case; undefined for other names. */
function knownType(type: Json): string | undefined {
  if (typeof type !== 'string') return undefined;
  const word = type.toLowerCase();
  return TYPES.has(word) ? word : OTHER_WORDS.get(word);
}

export function toType(type: Json): Json | undefined {
  if (!Array.isArray(type)) return knownType(type);
  // In YAML the type `null`, written without quotes, is null itself.
  const words = type.map((one) => (one === null ? 'null' : knownType(one)));
  const known = [...new Set(words)].filter((one) => one !== undefined);
  if (known.length === 0) return undefined;
  const same = known.length === type.length && known.every((one, index) => one === type[index]);
  return same ? type : known;
}

/** Makes a schema of a value in a place for a schema: the bare name of a type is read as a schema of that type. */
export function toSchema(value: Json): JsonObject | boolean {
  if (typeof value === 'boolean') return value;
  if (isObject(value)) return value as JsonObject;
  const type = knownType(value);
  return type === undefined ? {} : { type };
}

/** Makes an object of properties. Some authors write a list of properties instead, each with its `name`. */
function toNamed(value: Json): JsonObject {
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.flatMap((item): [string, Json][] => {
      if (!isObject(item) || typeof item['name'] !== 'string') return [];
      const { name, ...schema } = item as JsonObject;
      return [[String(name), schema]];
    }),
  );
}

function toSchemas(value: Json): Json | undefined {
  const all = Array.isArray(value) ? value : [value];
  const schemas = all.flatMap((item): (JsonObject | boolean)[] => {
    if (typeof item === 'string') return knownType(item) === undefined ? [] : [toSchema(item)];
    return isObject(item) ? [item as JsonObject] : typeof item === 'boolean' ? [item] : [];
  });
  if (schemas.length === 0) return undefined;
  const isSame = all === value && schemas.every((schema, index) => schema === all[index]);
  return isSame && schemas.length === all.length ? value : schemas;
}

/**
 * `value` in the kind that its keyword needs; the same object where nothing is wrong. Undefined means that the keyword
 * is left out.
 */
const AS_KIND: Readonly<Record<Kind, (value: Json) => Json | undefined>> = {
  schema: toSchema,
  schemas: toSchemas,
  named: (value) => (isObject(value) ? value : toNamed(value)),
  text: (value) => (typeof value === 'string' ? value : undefined),
  number: (value) =>
    typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
      ? Number(value)
      : typeof value === 'number'
        ? value
        : undefined,
  value: (value) => value,
  flag: (value) => (typeof value === 'boolean' ? value : undefined),
  list: (value) => {
    if (Array.isArray(value)) return value.length > 0 ? value : undefined;
    return typeof value === 'object' ? undefined : [value];
  },
};

/**
 * Translates an exclusive bound of draft 4, where a bound has a flag beside it that says whether the bound itself is
 * allowed.
 */
function exclusiveBound(schema: JsonObject, flag: string, bound: string): JsonObject {
  if (typeof schema[flag] !== 'boolean') return schema;
  const { [flag]: isExclusive, [bound]: value, ...rest } = schema;
  return value === undefined ? rest : { ...rest, [isExclusive === true ? flag : bound]: value };
}

const exclusiveBounds = (schema: JsonObject): JsonObject =>
  exclusiveBound(exclusiveBound(schema, 'exclusiveMinimum', 'minimum'), 'exclusiveMaximum', 'maximum');

/** Translates a tuple of a draft before 2020, which is a list in `items`, into `prefixItems`, which Google knows. */
function tuple(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema['items'])) return schema;
  const { items, additionalItems, ...rest } = schema;
  return {
    ...rest,
    ...(rest['prefixItems'] === undefined && Array.isArray(items) && items.length > 0
      ? { prefixItems: items }
      : {}),
    ...(additionalItems === undefined ? {} : { items: additionalItems }),
  };
}

function constant(schema: JsonObject): JsonObject {
  if (!Object.hasOwn(schema, 'const')) return schema;
  const { const: only, ...rest } = schema;
  return { ...rest, enum: [only ?? null] };
}

function typed(schema: JsonObject): JsonObject {
  if (!Object.hasOwn(schema, 'type')) return schema;
  const { type = null, ...rest } = schema;
  const known = toType(type);
  if (known === type) return schema;
  return known === undefined ? rest : { ...schema, type: known };
}

/**
 * True where the schema holds no other schema, and each keyword has the right kind of value. Most schemas are like
 * this.
 */
export function isPlainLeaf(schema: JsonObject): boolean {
  for (const keyword in schema) {
    const value = schema[keyword] ?? null;
    const kind = kindOf(keyword);
    if (kind === undefined && typeof value === 'object' && value !== null) return false;
    if (kind === 'text' ? keyword === '$ref' || typeof value !== 'string' : kind && !isFitValue(kind, value))
      return false;
    if (keyword === 'type' && toType(value) !== value) return false;
    if (keyword === 'const' || keyword === 'required') return false;
  }
  return true;
}

/** True where `value` is of the right kind. Not for keywords that hold schemas: schemas are looked at by themselves. */
const isFitValue = (kind: Kind, value: Json): boolean =>
  kind !== 'schema' && kind !== 'schemas' && kind !== 'named' && AS_KIND[kind](value) === value;

/** `written` with its mistakes put right; `written` itself where there are none. Schemas inside of `written` are not looked at. */
export function shaped(written: JsonObject, told: Told): JsonObject {
  const schema = constant(typed(tuple(exclusiveBounds(written))));
  let entries: [string, Json][] | undefined;
  const keywords = Object.keys(schema);
  for (const [index, keyword] of keywords.entries()) {
    const kind = kindOf(keyword);
    const value = schema[keyword] ?? null;
    const fit = kind === undefined ? value : AS_KIND[kind](value);
    if (fit === value) {
      entries?.push([keyword, value]);
      continue;
    }
    told.add(`${keyword}: a value of the wrong kind is ${fit === undefined ? 'left out' : 'put right'}`);
    entries ??= keywords.slice(0, index).map((known) => [known, schema[known] ?? null]);
    if (fit !== undefined) entries.push([keyword, fit]);
  }
  if (schema['type'] !== written['type']) {
    told.add(`type: ${shortly(JSON.stringify(written['type']))} is not one that Google knows`);
  }
  return entries ? Object.fromEntries(entries) : schema;
}
