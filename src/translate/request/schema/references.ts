/**
 * Finds the targets of `$ref` inside of one schema: by JSON pointer, anchor or id. Nothing is fetched. One walk over a
 * schema finds all its references, however many there are.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { pointerStep, withoutTildes } from '../../../lib/schema/pointer-step.ts';
import { objectAt } from './keywords.ts';
import type { Work } from './work.ts';

/** A `%` that begins no escape is a part of the name. */
const unescapeSegment = (segment: string): string => pointerStep(segment) ?? withoutTildes(segment);

/** A member of an object or array. Inherited members do not count. */
const member = (value: Json, key: string): Json | undefined =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined;

/** The value at a JSON pointer. `fragment` comes without its `#`. */
function atPointer(root: JsonObject, fragment: string): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of fragment.split('/').slice(1)) {
    if (value === undefined) return undefined;
    value = member(value, unescapeSegment(segment));
  }
  return value;
}

/** The document that a URL names: `a.json` for `https://example.com/a.json` and for `a.json#`. */
const fileOf = (id: string): string => id.replace(/#$/, '').replace(/^.*\//, '');

const isSchema = (value: Json | undefined): boolean => isObject(value) || typeof value === 'boolean';

/** The last part of a reference: `#/$defs/a` and `https://example.com/a.json#/$defs/a` both name `a`. */
export const lastName = (reference: string): string =>
  unescapeSegment(reference.slice(reference.lastIndexOf('/') + 1).replace(/^.*#/, '')) || 'schema';

export class References {
  readonly root: JsonObject;
  /** The depth of objects and lists inside each other. */
  depth = 0;
  /** True where a reference was found in the schema, or may have been. */
  holdsReference = false;
  readonly #work: Work;
  #walked = false;
  readonly #anchors = new Map<string, JsonObject>();
  readonly #ids = new Map<string, JsonObject>();
  /**
   * The first definition of each name. An MCP server often puts a whole schema with `$defs` of its own inside of
   * another.
   */
  readonly #definitions = new Map<string, JsonObject>();
  readonly #resolved = new Map<string, Json | undefined>();

  constructor(root: JsonObject, work: Work) {
    this.root = root;
    this.#work = work;
  }

  /**
   * Walks over the schema and notes everything that can be referred to. A second walk does nothing. Throws
   * `TooMuchWork`.
   */
  walk(): void {
    if (this.#walked) return;
    this.#walked = true;
    // The walk uses no recursion, because nobody knows yet how deep the schema is.
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

  /** The target that Google finds for `reference`: Google looks from the root only. */
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
   * The target that a reference which Google cannot resolve must have meant. It is the place that the reference names
   * in one of the schemas `around` it (innermost last), the schema with that `$id`, or a definition of that name
   * anywhere.
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

/** A `$ref` to the definition called `name` at the root. */
export const pointerTo = (name: string): string =>
  `#/$defs/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
