/** The one thing Google refuses in a JSON Schema of a tool: a `$ref` that leads nowhere (live probe of 2026-10). */
import { isObject } from '../../lib/json.ts';

/** The dotted path of the first node whose `$ref` does not resolve inside `schema`, or undefined. */
export function unresolvedRef(schema: unknown): string | undefined {
  return search(schema, schema, []);
}

/** Keywords whose members are named by the author: a property may be called `$ref`. */
const NAMED_MEMBERS = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);
/** Keywords that hold values, not schemas. */
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'example']);

function search(root: unknown, node: unknown, path: readonly string[]): string | undefined {
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) {
      const found = search(root, item, [...path, String(index)]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isObject(node)) return undefined;
  const named = NAMED_MEMBERS.has(path.at(-1) ?? '') && !NAMED_MEMBERS.has(path.at(-2) ?? '');
  const ref = node['$ref'];
  if (!named && typeof ref === 'string' && !resolves(root, ref)) return path.join('.');
  for (const [key, member] of Object.entries(node)) {
    if (!named && VALUES.has(key)) continue;
    const found = search(root, member, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

const resolves = (root: unknown, ref: string): boolean =>
  ref.startsWith('#/') ? atPointer(root, ref) !== undefined : ref === '#' || hasName(root, ref);

/** What the JSON pointer `ref` (`#`, `#/$defs/a`) leads to in `root`, or undefined. */
export function atPointer(root: unknown, ref: string): unknown {
  let node: unknown = root;
  if (ref === '#') return root;
  for (const step of ref.replace(/^#\/?/, '').split('/')) {
    const key = decodeStep(step);
    if (Array.isArray(node)) node = node[Number(key)];
    else node = isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }
  return node;
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}

/** A node somewhere that calls itself `ref`, by `$id` or `$anchor`. */
function hasName(node: unknown, ref: string): boolean {
  if (Array.isArray(node)) return node.some((item) => hasName(item, ref));
  if (!isObject(node)) return false;
  if (node['$id'] === ref || (ref.startsWith('#') && node['$anchor'] === ref.slice(1))) return true;
  return Object.values(node).some((member) => hasName(member, ref));
}
