/**
 * Makes a simple form of a tool declaration, which Google has always accepted: each argument has its name and one plain
 * type. What these types cannot say is put into descriptions, so the model can still give arguments that the tool
 * accepts.
 */
import type { FunctionDeclaration } from '../../../gemini/wire.ts';
import { isObject, isSameJson, type Json, type JsonObject, startOfJson } from '../../../lib/json.ts';
import { wellFormed } from '../../../lib/well-formed.ts';
import { objectAt } from '../schema/keywords.ts';
import { References } from '../schema/references.ts';
import { TooMuchWork, Work } from '../schema/work.ts';

const TYPES: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array']);

/** The most references, alternatives and lists inside each other that are followed to find a type. */
const DEEPEST = 6;
/**
 * The most values in a list of choices. Google turns schemas into a grammar and counts its states; long lists of long
 * values often cause "too many states".
 */
const MOST_VALUES = 64;
const LONGEST_VALUE = 64;
/** The words before the original schema in an argument's description. */
const LOST = 'JSON Schema: ';
/** The most characters of the original schema that are shown. */
const MOST_SHOWN = 1_000;
/** The most alternatives that are looked at to find the type of one argument. */
const MOST_LOOKS = 64;
/** The most values of a schema that are searched for the targets of its references. */
const MOST_WORK = 20_000;

type Find = (reference: string) => Json | undefined;
type Schema = {
  readonly node: JsonObject;
  readonly find: Find;
  readonly depth: number;
  /**
   * The number of alternatives that may still be looked at: each alternative may have as many alternatives of its own.
   */
  readonly looks: { left: number };
};

/** The simple form of a declaration. The simple form of a simple form is the same, except for the order of its keys. */
export function simpleDeclaration({
  name,
  description,
  parametersJsonSchema: schema,
}: FunctionDeclaration): FunctionDeclaration {
  const simple = schema === undefined ? undefined : simpleSchema(schema);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(simple ? { parametersJsonSchema: simple } : {}),
  };
}

export const isSimple = (declaration: FunctionDeclaration): boolean =>
  isSameJson(simpleDeclaration(declaration) as Json, declaration as Json);

/** The simple form without the text about what was lost: Google may refuse that text, too. */
export function bareDeclaration(declaration: FunctionDeclaration): FunctionDeclaration {
  const simple = simpleDeclaration(declaration);
  const { parametersJsonSchema: schema } = simple;
  if (!schema) return simple;
  const properties = Object.entries(objectAt(schema, 'properties')).map(
    ([name, property]) => [name, withoutText(property as JsonObject)] as const,
  );
  return { ...simple, parametersJsonSchema: { ...schema, properties: Object.fromEntries(properties) } };
}

export const isBare = (declaration: FunctionDeclaration): boolean =>
  isSameJson(bareDeclaration(declaration) as Json, declaration as Json);

function withoutText(property: JsonObject): JsonObject {
  const { description, ...rest } = property;
  if (typeof description !== 'string') return property;
  const at = `\n\n${description}`.indexOf(`\n\n${LOST}`);
  if (at < 0) return property;
  const own = description.slice(0, at - 2);
  return at <= 2 ? rest : { ...rest, description: own };
}

/** Returns a function that finds the target of a reference, as far as a limited search of the schema can. */
function finder(root: JsonObject): Find {
  const work = new Work(MOST_WORK);
  const references = new References(root, work);
  return (reference) => {
    try {
      const target = references.resolve(reference) ?? references.find(reference);
      if (isObject(target)) work.add(Object.keys(target).length);
      return target;
    } catch (error) {
      if (error instanceof TooMuchWork) return undefined;
      throw error;
    }
  };
}

/**
 * The simple form of a schema. Undefined where there are no arguments: Google has refused objects without properties.
 */
export function simpleSchema(root: JsonObject): JsonObject | undefined {
  const find = finder(root);
  const given = isObject(root['properties']) ? (root['properties'] as JsonObject) : {};
  const properties = Object.entries(given)
    .filter(([, schema]) => schema !== false)
    .map(([name, schema]) => [name, simpleProperty(schema, find)] as const);
  if (properties.length === 0) return undefined;
  const names = new Set(properties.map(([name]) => name));
  const required = Array.isArray(root['required']) ? root['required'] : [];
  const known = [...new Set(required)].filter((name) => typeof name === 'string' && names.has(name));
  return {
    type: 'object',
    ...(typeof root['description'] === 'string' ? { description: root['description'] } : {}),
    // Built from entries, because an argument may be named `__proto__`.
    properties: Object.fromEntries(properties),
    ...(known.length > 0 ? { required: known } : {}),
  };
}

function simpleProperty(schema: Json, find: Find): JsonObject {
  const { description, ...rest } = follow(schema, find);
  const simple = {
    ...shapeOf({ node: rest, find, depth: 0, looks: { left: MOST_LOOKS } }),
    ...choicesOf(rest),
  };
  const told = [
    ...(typeof description === 'string' && description !== '' ? [description] : []),
    ...(isLost(rest, simple) ? [`${LOST}${shown(rest)}`] : []),
  ].join('\n\n');
  return told === '' ? simple : { ...simple, description: told };
}

const isLost = (written: JsonObject, simple: JsonObject): boolean =>
  Object.keys(written).some((key) => !Object.hasOwn(simple, key)) ||
  (Object.keys(written).length > 0 && !isSameJson(written, simple));

function shown(schema: JsonObject): string {
  const text = startOfJson(schema, MOST_SHOWN);
  return text.length <= MOST_SHOWN ? text : `${wellFormed(text.slice(0, MOST_SHOWN))}…`;
}

/** The schema that `schema` refers to. Keywords beside the reference take precedence over keywords of the target. */
function follow(schema: Json, find: Find): JsonObject {
  let node: JsonObject = isObject(schema) ? (schema as JsonObject) : {};
  for (let depth = 0; depth < DEEPEST; depth++) {
    const { $ref: reference, ...beside } = node;
    if (typeof reference !== 'string') break;
    const target = find(reference);
    node = { ...(isObject(target) ? (target as JsonObject) : {}), ...beside };
  }
  return node;
}

/**
 * The simple type of a schema. For a list it also says what the list contains: Google has refused lists that do not say
 * it.
 */
function shapeOf(schema: Schema): JsonObject {
  const type = typeOf(schema) ?? 'string';
  if (type !== 'array') return { type };
  const { node, find, depth } = schema;
  if (depth === DEEPEST) return { type, items: { type: 'string' } };
  const items = follow(node['items'] ?? null, find);
  return { type, items: shapeOf({ ...schema, node: items, depth: depth + 1 }) };
}

/** The one type that is chosen from several. Every call that fits it also fits the original schema. */
function typeOf(schema: Schema): string | undefined {
  const { node, find, depth, looks } = schema;
  const named = [node['type'] ?? []].flat().map((type) => String(type).toLowerCase());
  const known = named.find((type) => TYPES.has(type));
  if (known !== undefined || depth === DEEPEST) return known;
  const values = Array.isArray(node['enum']) ? node['enum'] : [];
  const ofValue = values.map((value) => typeof value).find((type) => TYPES.has(type));
  if (ofValue !== undefined && !values.some(isNested)) return ofValue;
  for (const branch of ['anyOf', 'oneOf', 'allOf'].flatMap((key) => node[key] ?? [])) {
    if (looks.left-- <= 0) return undefined;
    const type = typeOf({ ...schema, node: follow(branch, find), depth: depth + 1 });
    if (type !== undefined) return type;
  }
  if (node['properties'] !== undefined) return 'object';
  return node['items'] !== undefined || node['prefixItems'] !== undefined ? 'array' : undefined;
}

const isNested = (value: Json): boolean => Array.isArray(value) || isObject(value);

/**
 * The values to choose from, if all of them are strings that Google accepts. `null` is left out, and so is the type
 * `null`.
 */
function choicesOf(node: JsonObject): JsonObject {
  if (!Array.isArray(node['enum'])) return {};
  const values = [...new Set(node['enum'])].filter((value) => value !== null);
  const isPlain = (value: Json) =>
    typeof value === 'string' && value !== '' && value.length <= LONGEST_VALUE && value.isWellFormed();
  if (values.length === 0 || values.length > MOST_VALUES || !values.every(isPlain)) return {};
  const type = [node['type'] ?? 'string'].flat().map((name) => String(name).toLowerCase());
  return type.find((name) => TYPES.has(name)) === 'string' ? { enum: values } : {};
}
