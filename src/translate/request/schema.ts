/**
 * JSON Schemas for `parametersJsonSchema` and `responseJsonSchema`. They go out verbatim but for three things Google
 * stumbles over (wire section 3): a `$ref` that does not resolve fails the whole request, `const` is accepted and ignored
 * where `enum` is honoured, and the root of a tool's schema must be an object.
 */
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { refuse } from './refuse.ts';
import { findReference, resolvesIn } from './schema-references.ts';
import { mergeAlternatives, type SchemaPlace } from './schema-root.ts';

/** Keywords that hold schemas by name. Only schemas are rewritten: a property may be named `const`, a default may hold `$ref`. */
const NAMED_SCHEMAS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
]);

/** A schema, or a list of them. */
const SCHEMAS: ReadonlySet<string> = new Set([
  'items',
  'prefixItems',
  'additionalItems',
  'unevaluatedItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
]);

/** Definitions that all name each other multiply when they are inlined: then less of each is written out. */
const DEEPEST = 16;
const MOST_INLINED = 300;

type Scope = {
  /** What is sent: a reference that resolves here stays. */
  readonly sent: JsonObject;
  /** What the client wrote: other references are looked up here and inlined. */
  readonly written: JsonObject;
  /** How many references inside of each other are inlined. */
  readonly depth: number;
  /** What became of each reference, and how often. */
  readonly told: Map<string, number>;
};

/** Unchanged nodes are shared with the input, never copied: most schemas need no rewriting at all. */
function rewrite(node: Json, scope: Scope, inlining: readonly string[]): Json {
  if (Array.isArray(node)) {
    const items = node.map((item) => rewrite(item, scope, inlining));
    return items.some((item, index) => item !== node[index]) ? items : node;
  }
  if (!isObject(node)) return node;
  const reference = node['$ref'];
  if (typeof reference === 'string' && !resolvesIn(scope.sent, reference)) {
    return inline(node, reference, scope, inlining);
  }
  let changed: JsonObject | undefined;
  for (const key of Object.keys(node)) {
    const value = node[key] ?? null;
    let rewritten = value;
    if (SCHEMAS.has(key)) rewritten = rewrite(value, scope, inlining);
    else if (NAMED_SCHEMAS.has(key)) rewritten = rewriteEach(value, scope, inlining);
    if (rewritten !== value) changed = { ...(changed ?? node), [key]: rewritten };
  }
  return constToEnum(changed ?? node);
}

function rewriteEach(schemas: Json, scope: Scope, inlining: readonly string[]): Json {
  if (!isObject(schemas)) return schemas;
  let changed: JsonObject | undefined;
  for (const name of Object.keys(schemas)) {
    const schema = schemas[name] ?? null;
    const rewritten = rewrite(schema, scope, inlining);
    if (rewritten !== schema) changed = { ...(changed ?? schemas), [name]: rewritten };
  }
  return changed ?? schemas;
}

/** Other words beside the reference win over what it names. A reference inside of itself ends as "anything". */
function inline(node: JsonObject, reference: string, scope: Scope, inlining: readonly string[]): Json {
  const { $ref: _, ...beside } = node;
  const isOpen = inlining.includes(reference) || inlining.length >= scope.depth || isTooMuch(scope);
  const target = isOpen ? undefined : findReference(scope.written, reference);
  const fate = target ? 'is inlined' : isOpen ? 'is left open further in' : 'names nothing and is left out';
  const detail = `$ref ${reference} ${fate}`;
  scope.told.set(detail, (scope.told.get(detail) ?? 0) + 1);
  return rewrite({ ...target, ...beside }, scope, target ? [...inlining, reference] : inlining);
}

function isTooMuch({ depth, told }: Scope): boolean {
  if (depth === 1) return false;
  let inlined = 0;
  for (const count of told.values()) inlined += count;
  return inlined > MOST_INLINED;
}

function rewriteWhole(sent: JsonObject, written: JsonObject, place: SchemaPlace, depth = DEEPEST): Json {
  const scope: Scope = { sent, written, depth, told: new Map() };
  const result = rewrite(sent, scope, []);
  if (isTooMuch(scope)) return rewriteWhole(sent, written, place, depth / 4);
  for (const detail of scope.told.keys()) place.warn('tool-changed', place.path, detail);
  return result;
}

function constToEnum(schema: JsonObject): JsonObject {
  if (!Object.hasOwn(schema, 'const')) return schema;
  const { const: only, ...rest } = schema;
  return { ...rest, enum: [only ?? null] };
}

/** The schema of a tool's input. Throws a MessagesError where its root can be no object. */
export function toInputSchema(schema: JsonObject, place: SchemaPlace): JsonObject {
  const sent = objectRoot(schema, place);
  return rewriteWhole(sent, schema, place) as JsonObject;
}

/** The schema of a structured answer, of whatever root. */
export function toAnswerSchema(schema: JsonObject, place: SchemaPlace): Json {
  return rewriteWhole(schema, schema, place);
}

function objectRoot(schema: JsonObject, place: SchemaPlace): JsonObject {
  const { type } = schema;
  if (type === 'object') return schema;
  if (Array.isArray(type) && type.includes('object')) return { ...schema, type: 'object' };
  if (type !== undefined) {
    refuse(`${place.path}.type: Input should be 'object'`);
  }
  const merged = mergeAlternatives(schema, place);
  return { ...merged, type: 'object' };
}
