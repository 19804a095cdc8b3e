/**
 * Refuses what Google refuses in a JSON Schema of a tool or an answer, in Google's own words (reports and live probes
 * of 2026): required names that are not declared, values of the wrong kind, references that lead nowhere, and circles
 * of references that cannot end. Google accepts every other keyword, known or not.
 */
import { isObject } from '../../lib/json.ts';
import { pointerStep } from '../../lib/schema/pointer-step.ts';
import { endlessLoop } from './schema-loops.ts';
import { below, innerSchemas, LISTS, NAMED, place, SCHEMAS, type Schema } from './schema-places.ts';

/** Keywords that hold values, not schemas. */
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'example', 'required', 'type']);
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** Google's sentence about the first fault in `schema`; undefined where there is none. */
export function refusedSchema(schema: unknown): string | undefined {
  const names = namesIn(schema);
  const open: { value: unknown; path: string }[] = [{ value: schema, path: '' }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next;
    if (!isObject(value)) {
      if (typeof value !== 'boolean') return `schema ${place(path)} must be a boolean or an object`;
      continue;
    }
    const wrong = wrongWith(value, path) ?? lostReference(schema, value, path, names);
    if (wrong !== undefined) return wrong;
    for (const inner of [...innerSchemas(value, path)].reverse()) {
      open.push({ value: inner.schema, path: inner.path });
    }
  }
  const loop = isObject(schema) ? endlessLoop(schema, (ref) => resolve(schema, ref, names)) : undefined;
  return loop === undefined
    ? undefined
    : `ref loops are only supported if they include optional or nullable property values, or a potentially-zero-length array items, but a ref loop of required fields was found ${place(loop)}`;
}

const isUnset = (value: unknown): boolean => value === undefined;

function wrongWith(node: Schema, path: string): string | undefined {
  for (const keyword of NAMED) {
    const members = node[keyword];
    if (!isUnset(members) && !isObject(members))
      return `value for ${keyword} ${place(path)} must be an object`;
  }
  for (const keyword of [...LISTS, 'required', 'enum']) {
    const list = node[keyword];
    if (!isUnset(list) && !Array.isArray(list)) return `value for ${keyword} ${place(path)} must be a list`;
  }
  const types = isUnset(node['type']) ? [] : [node['type']].flat();
  const unknown = types.find((type) => typeof type !== 'string' || !TYPES.has(type.toLowerCase()));
  if (unknown !== undefined) return `unrecognized type '${String(unknown)}' ${place(path)}`;
  const declared = isObject(node['properties']) ? node['properties'] : {};
  const required = Array.isArray(node['required']) ? node['required'] : [];
  const missing = required.find((name) => !Object.hasOwn(declared, String(name)));
  return isUnset(missing)
    ? undefined
    : `schema ${place(path)} requires unspecified property '${String(missing)}'`;
}

/**
 * Google's sentence about a reference that leads nowhere. Google also looks for references under keywords that it does
 * not know.
 */
function lostReference(
  root: unknown,
  node: Schema,
  path: string,
  names: ReadonlyMap<string, Schema>,
): string | undefined {
  const open: { value: unknown; path: string; isSchema: boolean }[] = [{ value: node, path, isSchema: true }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path: at, isSchema } = next;
    if (Array.isArray(value)) {
      open.push(
        ...value.map((item, index) => ({ value: item, path: below(at, String(index)), isSchema: false })),
      );
    }
    if (!isObject(value)) continue;
    const { $ref: ref } = value;
    if (typeof ref === 'string' && resolve(root, ref, names) === undefined) {
      return `reference to undefined schema ${place(at)}`;
    }
    for (const [key, member] of Object.entries(value)) {
      // Schemas inside of this one are checked by themselves.
      const isOther = !isSchema || !SCHEMAS.has(key);
      if (isOther && !VALUES.has(key)) open.push({ value: member, path: below(at, key), isSchema: false });
    }
  }
  return undefined;
}

// ── what a reference leads to ─────────────────────────────────────────────────────────────────────────────────

function resolve(root: unknown, ref: string, names: ReadonlyMap<string, Schema>): unknown {
  return ref === '#' || ref.startsWith('#/') ? atPointer(root, ref) : names.get(ref);
}

/** The value to which the JSON pointer `ref` (`#`, `#/$defs/a`) leads in `root`; undefined where it leads nowhere. */
export function atPointer(root: unknown, ref: string): unknown {
  let node: unknown = root;
  if (ref === '#') return root;
  for (const step of ref.replace(/^#\/?/, '').split('/')) {
    const key = pointerStep(step) ?? step;
    if (Array.isArray(node)) node = node[Number(key)];
    else node = isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }
  return node;
}

/** All schemas with an `$id` or `#$anchor`, by that name. If two have the same name, the first counts. */
function namesIn(schema: unknown): Map<string, Schema> {
  const names = new Map<string, Schema>();
  const open: unknown[] = [schema];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isObject(node)) {
      const { $id: id, $anchor: anchor } = node;
      for (const name of [id, typeof anchor === 'string' ? `#${anchor}` : undefined]) {
        if (typeof name === 'string' && !names.has(name)) names.set(name, node);
      }
    }
    const values = Array.isArray(node) ? node : isObject(node) ? Object.values(node) : [];
    for (const value of values.toReversed())
      if (typeof value === 'object' && value !== null) open.push(value);
  }
  return names;
}
