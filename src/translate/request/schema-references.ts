/** `$ref` inside of one schema: JSON pointers, anchors and ids. Nothing is fetched. */
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

const unescapeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    // A stray % is part of the name.
    return segment.replaceAll('~1', '/').replaceAll('~0', '~');
  }
};

/** A member of an object or array, own ones only. */
const member = (value: Json, key: string): Json | undefined =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined;

function atPointer(root: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of pointer.split('/').slice(1)) {
    value = value === undefined ? undefined : member(value, unescapeSegment(segment));
  }
  return value;
}

/** The first node, in depth, that `found` picks. */
function search(node: Json, found: (node: JsonObject) => Json | undefined): Json | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const hit = isObject(node) ? found(node) : undefined;
  if (hit !== undefined) return hit;
  for (const value of Object.values(node)) {
    const deeper = search(value, found);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

const isSchema = (value: Json | undefined): boolean => isObject(value) || typeof value === 'boolean';

/** True where Google can follow `reference` from the root of `schema` itself. */
export function resolvesIn(schema: JsonObject, reference: string): boolean {
  if (reference === '#') return true;
  if (reference.startsWith('#/')) return isSchema(atPointer(schema, reference.slice(1)));
  if (!reference.startsWith('#')) return false;
  const anchor = reference.slice(1);
  return search(schema, (node) => (node['$anchor'] === anchor ? node : undefined)) !== undefined;
}

/**
 * What a reference that does not resolve from the root must have meant: the place it names, the schema of that `$id`,
 * or definitions further in (an MCP server often nests a whole schema with its own `$defs`).
 */
export function findReference(schema: JsonObject, reference: string): JsonObject | undefined {
  const [id = '', fragment = ''] = reference.split('#', 2);
  const base = id === '' ? schema : search(schema, (node) => (node['$id'] === id ? node : undefined));
  if (!isObject(base)) return undefined;
  if (fragment === '') return base;
  const root = base as JsonObject;
  const direct = fragment.startsWith('/')
    ? atPointer(root, fragment)
    : search(root, (node) => (node['$anchor'] === fragment ? node : undefined));
  if (isObject(direct)) return direct as JsonObject;
  const name = unescapeSegment(fragment.slice(fragment.lastIndexOf('/') + 1));
  const nested = search(root, (node) => {
    const definition = member(node['$defs'] ?? null, name) ?? member(node['definitions'] ?? null, name);
    return isObject(definition) ? definition : undefined;
  });
  return isObject(nested) ? (nested as JsonObject) : undefined;
}
