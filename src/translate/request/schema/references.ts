/**
 * `$ref` inside of one schema: JSON pointers, anchors and ids. Nothing is fetched. One walk over a schema finds all its
 * references, however many there are.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { objectAt } from './keywords.ts';
import type { Work } from './work.ts';

const unescapeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    // A `%` that begins no escape is part of the name.
    return segment.replaceAll('~1', '/').replaceAll('~0', '~');
  }
};

/** A member of an object or array; inherited ones do not count. */
const member = (value: Json, key: string): Json | undefined =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined;

/** `fragment` without its `#`. */
function atPointer(root: JsonObject, fragment: string): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of fragment.split('/').slice(1)) {
    if (value === undefined) return undefined;
    value = member(value, unescapeSegment(segment));
  }
  return value;
}

/** The document of a URL: for `https://example.com/a.json` and `a.json#` alike it is `a.json`. */
const fileOf = (id: string): string => id.replace(/#$/, '').replace(/^.*\//, '');

const isSchema = (value: Json | undefined): boolean => isObject(value) || typeof value === 'boolean';

/** The last part of a reference: `#/$defs/a` and `https://example.com/a.json#/$defs/a` both name `a`. */
export const lastName = (reference: string): string =>
  unescapeSegment(reference.slice(reference.lastIndexOf('/') + 1).replace(/^.*#/, '')) || 'schema';

export class References {
  readonly root: JsonObject;
  /** How deep objects and lists are nested. */
  depth = 0;
  /** A reference may stand somewhere in the schema. */
  holdsReference = false;
  readonly #work: Work;
  #walked = false;
  readonly #anchors = new Map<string, JsonObject>();
  readonly #ids = new Map<string, JsonObject>();
  /** The first definition of each name: an MCP server often nests a whole schema with its own `$defs`. */
  readonly #definitions = new Map<string, JsonObject>();
  readonly #resolved = new Map<string, Json | undefined>();

  constructor(root: JsonObject, work: Work) {
    this.root = root;
    this.#work = work;
  }

  /** Notes what can be referred to. It does nothing twice. Throws `TooMuchWork`. */
  walk(): void {
    if (this.#walked) return;
    this.#walked = true;
    // No recursion: the depth is only being measured here.
    const nodes: (JsonObject | Json[])[] = [this.root];
    const depths = [1];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      const depth = depths.pop() ?? 1;
      this.depth = Math.max(this.depth, depth);
      const values = Array.isArray(node) ? node : Object.values(node);
      this.#work.add(values.length + 1);
      if (!Array.isArray(node)) this.#note(node);
      for (let index = values.length - 1; index >= 0; index--) {
        const value = values[index];
        if (typeof value !== 'object' || value === null) continue;
        nodes.push(value);
        depths.push(depth + 1);
      }
    }
  }

  #note(node: JsonObject): void {
    const { $anchor: anchor, $id: id, $ref: reference } = node;
    this.holdsReference ||= typeof reference === 'string';
    if (typeof anchor === 'string' && !this.#anchors.has(anchor)) this.#anchors.set(anchor, node);
    // An `$id` may be relative to another one, and so may a reference.
    for (const name of typeof id === 'string' ? [id, fileOf(id)] : []) {
      if (!this.#ids.has(name)) this.#ids.set(name, node);
    }
    for (const keyword of ['$defs', 'definitions']) {
      if (!Object.hasOwn(node, keyword)) continue;
      for (const [name, definition] of Object.entries(objectAt(node, keyword))) {
        if (isObject(definition) && !this.#definitions.has(name)) {
          this.#definitions.set(name, definition as JsonObject);
        }
      }
    }
  }

  /** The target that Google finds for `reference`: it only looks from the root. */
  resolve(reference: string): Json | undefined {
    if (!this.#resolved.has(reference)) this.#resolved.set(reference, this.#lookUp(reference));
    return this.#resolved.get(reference);
  }

  #lookUp(reference: string): Json | undefined {
    if (reference === '#') return this.root;
    if (!reference.startsWith('#')) return undefined;
    this.#work.add(1 + (reference.length >> 3));
    if (reference.startsWith('#/')) {
      const found = atPointer(this.root, reference.slice(1));
      return isSchema(found) ? found : undefined;
    }
    this.walk();
    return this.#anchors.get(reference.slice(1));
  }

  /**
   * The target that an unresolvable reference must have meant: the place it names in one of the schemas `around` it
   * (innermost last), in the schema with that `$id`, or a definition of that name anywhere.
   */
  find(reference: string, around: readonly JsonObject[] = []): JsonObject | undefined {
    this.walk();
    const [id = '', fragment = ''] = reference.split('#', 2);
    const named = id === '' ? undefined : (this.#ids.get(id) ?? this.#ids.get(fileOf(id)));
    const bases = id === '' ? around.toReversed() : named ? [named] : [];
    for (const base of [...bases, ...(id === '' ? [this.root] : [])]) {
      this.#work.add(1 + (fragment.length >> 3));
      if (fragment === '') return base;
      const found = fragment.startsWith('/') ? atPointer(base, fragment) : this.#anchors.get(fragment);
      if (isObject(found)) return found as JsonObject;
    }
    if (id !== '' && !named) return undefined;
    return this.#definitions.get(lastName(`#${fragment}`));
  }
}

/** A `$ref` to the definition of that name at the root. */
export const pointerTo = (name: string): string =>
  `#/$defs/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
