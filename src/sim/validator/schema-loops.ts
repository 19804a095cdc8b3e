/**
 * Finds circles of references that no value can end. (Google accepts a circle through an optional property, or through
 * a list that may be empty.)
 */
import { isObject } from '../../lib/json.ts';
import { innerSchemas, type Schema } from './schema-places.ts';

type Way = { to: Schema; path: string };
type Open = { node: Schema; path: string; left: Way[] };

const APART = new Set(['$defs', 'definitions', 'not', 'if', 'then', 'else', 'dependentSchemas']);

/** The schemas that every value of `node` must go on to. */
function stepsFrom(node: Schema, path: string, resolve: (ref: string) => unknown): Way[] {
  const required = Array.isArray(node['required']) ? node['required'] : [];
  const isList = node['type'] === undefined || String(node['type']).toLowerCase() === 'array';
  const mayBeEmpty = isList && !(Number(node['minItems']) > 0) && !(Number(node['minContains']) > 0);
  const steps: Way[] = [];
  for (const { schema, keyword, name, path: at } of innerSchemas(node, path)) {
    if (!isObject(schema) || APART.has(keyword)) continue;
    if (keyword === 'properties' && !required.includes(name)) continue;
    if (keyword === 'items' && mayBeEmpty) continue;
    steps.push({ to: schema, path: at });
  }
  const target = typeof node['$ref'] === 'string' ? resolve(node['$ref']) : undefined;
  if (isObject(target)) steps.push({ to: target, path });
  return steps;
}

/** All nodes, each with the place by which Google would name it. */
function everyNode(root: Schema): Map<Schema, string> {
  const places = new Map<Schema, string>([[root, '']]);
  for (const [node, path] of places) {
    for (const inner of innerSchemas(node, path)) {
      if (isObject(inner.schema) && !places.has(inner.schema)) places.set(inner.schema, inner.path);
    }
  }
  return places;
}

/**
 * The place of a reference that closes such a circle; undefined where there is none. `resolve` gives the target of a
 * reference.
 */
export function endlessLoop(root: Schema, resolve: (ref: string) => unknown): string | undefined {
  const places = everyNode(root);
  const state = new Map<Schema, 'open' | 'done'>();
  for (const start of places.keys()) {
    if (state.has(start)) continue;
    const open: Open[] = [];
    const enter = (node: Schema) => {
      const path = places.get(node) ?? '';
      state.set(node, 'open');
      open.push({ node, path, left: stepsFrom(node, path, resolve) });
    };
    enter(start);
    for (let last = open.at(-1); last; last = open.at(-1)) {
      const step = last.left.pop();
      if (!step) {
        state.set(last.node, 'done');
        open.pop();
      } else if (state.get(step.to) === 'open') return step.path;
      else if (!state.has(step.to)) enter(step.to);
    }
  }
  return undefined;
}
