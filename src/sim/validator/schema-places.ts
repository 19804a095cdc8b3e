/** Finds the schemas inside of a JSON Schema, and names places as Google does. */
import { isObject } from '../../lib/json.ts';

export type Schema = Record<string, unknown>;

/** The keywords whose members have names that the author chooses: a property may be called `$ref`. */
export const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
export const LISTS = ['prefixItems', 'anyOf', 'oneOf', 'allOf'];
const SINGLE = [
  'items',
  'additionalItems',
  'unevaluatedItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
];
export type Inner = { schema: unknown; keyword: string; name: string; path: string };

export const below = (path: string, ...steps: string[]): string =>
  [path, ...steps].filter((step) => step !== '').join('.');

/** The schemas directly inside of `node`. */
export function* innerSchemas(node: Schema, path: string): Generator<Inner> {
  for (const [keyword, value] of Object.entries(node)) {
    if (SINGLE.includes(keyword)) yield { schema: value, keyword, name: '', path: below(path, keyword) };
    const isNamed = NAMED.includes(keyword) && isObject(value);
    if (!isNamed && !(LISTS.includes(keyword) && Array.isArray(value))) continue;
    for (const [name, schema] of Object.entries(value)) {
      yield { schema, keyword, name, path: below(path, keyword, name) };
    }
  }
}

/** The keywords that hold schemas. */
export const SCHEMAS: ReadonlySet<string> = new Set([...NAMED, ...LISTS, ...SINGLE]);

/** The place in Google's words: `at top-level`, `at properties.a.items`. */
export const place = (path: string): string => `at ${path === '' ? 'top-level' : path}`;
