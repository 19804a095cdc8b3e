/**
 * A root that is no plain object (`anyOf`, `oneOf`, `allOf`, `$ref`) as one object: it allows every call that the
 * original allows, and some more; the description says which arguments belong together.
 */
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Warn } from '../warnings.ts';
import { findReference } from './schema-references.ts';

/** Where a schema stands in the request, for warnings and errors. */
export type SchemaPlace = { readonly path: string; readonly warn: Warn };

const names = (schema: JsonObject): string[] => {
  const required = schema['required'];
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
};

const properties = (schema: JsonObject): JsonObject => {
  const value = schema['properties'];
  return isObject(value) ? (value as JsonObject) : {};
};

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** The same property in several alternatives: any of its schemas, each once. */
function joinProperties(branches: readonly JsonObject[]): JsonObject {
  const byName = new Map<string, Map<string, Json>>();
  for (const branch of branches) {
    for (const [name, schema] of Object.entries(properties(branch))) {
      const known = byName.get(name) ?? new Map<string, Json>();
      byName.set(name, known.set(JSON.stringify(schema), schema));
    }
  }
  const joined = [...byName].map(([name, schemas]): [string, Json] => {
    const choices = [...schemas.values()];
    return [name, choices.length === 1 ? (choices[0] ?? {}) : { anyOf: choices }];
  });
  return Object.fromEntries(joined);
}

/** All of `parts` at once. */
function joinAll(parts: readonly JsonObject[]): JsonObject {
  const required = [...new Set(parts.flatMap(names))];
  const all: JsonObject = Object.assign({}, ...parts, {
    properties: Object.assign({}, ...parts.map(properties)),
  });
  return required.length > 0 ? { ...all, required } : all;
}

function describeChoices(branches: readonly JsonObject[]): string {
  const choices = branches.map((branch) => `{${names(branch).join(', ')}}`);
  return `Give the arguments of one of: ${choices.join(' | ')}.`;
}

function joinAny(base: JsonObject, branches: readonly JsonObject[]): JsonObject {
  const first = branches[0];
  if (!first) return base;
  const common = names(first).filter((name) => branches.every((branch) => names(branch).includes(name)));
  const required = [...new Set([...names(base), ...common])];
  const closed = branches.every((branch) => branch['additionalProperties'] === false);
  const own = typeof base['description'] === 'string' ? `${base['description']}\n` : '';
  return {
    ...base,
    ...(branches.length > 1 ? { description: own + describeChoices(branches) } : {}),
    properties: { ...joinProperties(branches), ...properties(base) },
    ...(required.length > 0 ? { required } : {}),
    ...(closed ? { additionalProperties: false } : {}),
  };
}

type Flattening = {
  readonly root: JsonObject;
  readonly place: SchemaPlace;
  readonly inside: readonly string[];
};

/** One object for `node`, or nothing where it can be none. A reference inside of itself adds nothing new. */
function flatten(node: Json, at: Flattening): JsonObject[] {
  if (!isObject(node)) return [];
  const { $ref: reference, anyOf, oneOf, allOf, ...own } = node as JsonObject;
  const known = typeof reference !== 'string' || at.inside.includes(reference);
  const target = known ? undefined : findReference(at.root, reference);
  const inner = target && typeof reference === 'string' ? { ...at, inside: [...at.inside, reference] } : at;
  const parts = [...(target ? [target] : []), ...list(allOf)].flatMap((part) => flatten(part, inner));
  const choices = [...list(anyOf), ...list(oneOf)].flatMap((choice) => flatten(choice, at));
  const base = parts.length > 0 ? joinAll([...parts, own]) : own;
  if (base['type'] !== undefined && base['type'] !== 'object') {
    at.place.warn('tool-changed', at.place.path, 'an alternative that is no object is left out');
    return [];
  }
  return [joinAny(base, choices)];
}

/** Definitions stay at the root, so that references to them go on resolving. */
export function mergeAlternatives(schema: JsonObject, place: SchemaPlace): JsonObject {
  const isPlain = ['$ref', 'anyOf', 'oneOf', 'allOf'].every((key) => schema[key] === undefined);
  if (isPlain) return schema;
  place.warn('tool-changed', place.path, 'a root that is no plain object is merged into one');
  return flatten(schema, { root: schema, place, inside: [] })[0] ?? {};
}
