/** Makes the smallest value that a schema allows, for JSON answers and for calls that a request demands. */
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { atPointer } from '../validator/json-schema.ts';

const DEEPEST = 24;
const TITLE_WORDS = 6;
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  email: 'mock@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/**
 * Makes the value. Reads JSON Schema and Gemini's subset. `words` are the user's words; a property called `title` gets
 * the beginning of them.
 */
export function sampleValue(schema: unknown, words: string): Json {
  return new Sampler(schema, words).value(schema, '', 0);
}

export function shortTitle(words: string): string {
  const title = words
    .replace(/<[^>]*>/g, ' ')
    .trim()
    .split(/\s+/)
    .slice(0, TITLE_WORDS)
    .join(' ')
    .slice(0, 60);
  return title === '' ? 'Mock conversation' : title.charAt(0).toUpperCase() + title.slice(1);
}

class Sampler {
  readonly #root: unknown;
  readonly #words: string;

  constructor(root: unknown, words: string) {
    this.#root = root;
    this.#words = words;
  }

  value(schema: unknown, name: string, depth: number): Json {
    if (!isObject(schema) || depth > DEEPEST) return null;
    const ref = schema['$ref'];
    if (typeof ref === 'string') return this.value(atPointer(this.#root, ref), name, depth + 1);
    if (schema['const'] !== undefined) return schema['const'] as Json;
    if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return schema['enum'][0] as Json;
    const branches = schema['anyOf'] ?? schema['oneOf'];
    if (Array.isArray(branches) && branches.length > 0) {
      const { anyOf: _, oneOf: __, ...rest } = schema;
      return this.value(merged([rest, branches[0]]), name, depth + 1);
    }
    if (Array.isArray(schema['allOf'])) {
      const { allOf, ...rest } = schema;
      return this.value(merged([rest, ...allOf]), name, depth + 1);
    }
    return this.#typed(schema, typeOf(schema), name, depth);
  }

  #typed(schema: Record<string, unknown>, type: string, name: string, depth: number): Json {
    switch (type) {
      case 'object':
        return this.#object(schema, depth);
      case 'array': {
        const count = Number(schema['minItems'] ?? 0);
        return Array.from({ length: count }, () => this.value(schema['items'], '', depth + 1));
      }
      case 'string':
        return this.#string(schema, name);
      case 'integer':
      case 'number':
        return numberIn(schema);
      case 'boolean':
        return false;
      default:
        return null;
    }
  }

  #object(schema: Record<string, unknown>, depth: number): JsonObject {
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const required = Array.isArray(schema['required']) ? schema['required'] : [];
    const made: JsonObject = {};
    for (const key of required) {
      if (typeof key === 'string') made[key] = this.value(properties[key] ?? {}, key, depth + 1);
    }
    return made;
  }

  #string(schema: Record<string, unknown>, name: string): string {
    const format = FORMATS[String(schema['format'])];
    const text = format ?? (name === 'title' ? shortTitle(this.#words) : 'mock');
    const padded = text.padEnd(Number(schema['minLength'] ?? 0), '.');
    return padded.slice(0, Number(schema['maxLength'] ?? padded.length));
  }
}

function merged(schemas: readonly unknown[]): Record<string, unknown> {
  const all = schemas.filter(isObject);
  const properties = Object.assign({}, ...all.map((schema) => schema['properties'] ?? {}));
  const required = all.flatMap((schema) => (Array.isArray(schema['required']) ? schema['required'] : []));
  return { ...Object.assign({}, ...all), properties, required };
}

function typeOf(schema: Record<string, unknown>): string {
  const types = [schema['type']].flat().filter((type) => typeof type === 'string');
  const type = (types.find((name) => name !== 'null') ?? types[0])?.toLowerCase();
  if (type) return type;
  if (isObject(schema['properties']) && Object.keys(schema['properties']).length > 0) return 'object';
  return schema['items'] === undefined ? 'string' : 'array';
}

function numberIn(schema: Record<string, unknown>): number {
  const least = Number(schema['minimum'] ?? Number(schema['exclusiveMinimum'] ?? -1) + 1);
  const most = Number(schema['maximum'] ?? Number.POSITIVE_INFINITY);
  return Math.min(Math.max(0, least), most);
}
