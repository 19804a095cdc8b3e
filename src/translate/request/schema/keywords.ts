/**
 * Which keywords hold schemas, and what kind of value each keyword must have. Any other keyword is sent unchanged,
 * except for references in it that lead nowhere.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';

export type Kind =
  /** The value is one schema. */
  | 'schema'
  /** The value is a list of schemas. */
  | 'schemas'
  /** The value is an object of schemas under names that the author chooses; such a name may be `const`. */
  | 'named'
  | 'text'
  | 'number'
  | 'flag'
  | 'list'
  /** The value may be anything, or is put right elsewhere. A `$ref` inside of it is no reference. */
  | 'value';

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['properties', 'named'],
  ['patternProperties', 'named'],
  ['$defs', 'named'],
  ['definitions', 'named'],
  ['dependentSchemas', 'named'],
  ['items', 'schema'],
  ['additionalItems', 'schema'],
  ['unevaluatedItems', 'schema'],
  ['contains', 'schema'],
  ['additionalProperties', 'schema'],
  ['unevaluatedProperties', 'schema'],
  ['propertyNames', 'schema'],
  ['not', 'schema'],
  ['if', 'schema'],
  ['then', 'schema'],
  ['else', 'schema'],
  ['prefixItems', 'schemas'],
  ['anyOf', 'schemas'],
  ['oneOf', 'schemas'],
  ['allOf', 'schemas'],
  ['$ref', 'text'],
  ['title', 'text'],
  ['description', 'text'],
  ['format', 'text'],
  ['pattern', 'text'],
  ['minimum', 'number'],
  ['maximum', 'number'],
  ['exclusiveMinimum', 'number'],
  ['exclusiveMaximum', 'number'],
  ['multipleOf', 'number'],
  ['minLength', 'number'],
  ['maxLength', 'number'],
  ['minItems', 'number'],
  ['maxItems', 'number'],
  ['minContains', 'number'],
  ['maxContains', 'number'],
  ['minProperties', 'number'],
  ['maxProperties', 'number'],
  ['uniqueItems', 'flag'],
  ['enum', 'list'],
  ['const', 'value'],
  ['default', 'value'],
  ['example', 'value'],
  ['examples', 'value'],
  ['required', 'value'],
  ['type', 'value'],
]);

export const kindOf = (keyword: string): Kind | undefined => KINDS.get(keyword);

/**
 * True where the JSON pointer `reference` leads to a place for schemas. A target at another place would be sent without
 * being cleaned.
 */
export function isSchemaPlace(reference: string): boolean {
  if (!reference.startsWith('#/')) return true;
  const steps = reference.split('/').slice(1);
  for (let at = 0; at < steps.length; at++) {
    const kind = kindOf(steps[at] ?? '');
    if (kind === 'schemas' || kind === 'named') at++;
    else if (kind !== 'schema') return false;
    if (at >= steps.length) return false;
  }
  return true;
}

export const objectAt = (schema: JsonObject, keyword: string): JsonObject => {
  const value = schema[keyword];
  return isObject(value) ? (value as JsonObject) : {};
};

export const listAt = (schema: JsonObject, keyword: string): Json[] => {
  const value = schema[keyword];
  return Array.isArray(value) ? value : [];
};

/** The names in a well-formed `required`. */
export const requiredOf = (schema: JsonObject): string[] =>
  listAt(schema, 'required').filter((name) => typeof name === 'string');

/** Yields every schema directly inside of `schema`, with its keyword and its name or number there. */
export function* schemasIn(schema: JsonObject): Generator<[inner: JsonObject, keyword: string, at: string]> {
  for (const keyword of Object.keys(schema)) {
    const kind = KINDS.get(keyword);
    const value = schema[keyword] ?? null;
    if (kind === 'schema' && isObject(value)) yield [value as JsonObject, keyword, ''];
    if (kind === 'schemas' && Array.isArray(value)) {
      for (const [at, inner] of value.entries()) {
        if (isObject(inner)) yield [inner as JsonObject, keyword, String(at)];
      }
    }
    if (kind !== 'named' || !isObject(value)) continue;
    for (const [at, inner] of Object.entries(value)) {
      if (isObject(inner)) yield [inner as JsonObject, keyword, at];
    }
  }
}
