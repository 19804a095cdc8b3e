/**
 * Finds the keys of a request that nothing here reads, at any depth. The known keys are collected from the schemas
 * once: a key that has a schema is known, and any other key causes a warning. A request of 85 kB needs a few
 * microseconds: the walk looks at the keys of each object, and writes a path only where there is a warning.
 */
import type { TObject, TSchema } from '@sinclair/typebox';
import { isObject } from '../lib/json.ts';
import { MadeOf } from '../lib/lasting.ts';
import { MessagesRequest } from './request.ts';
import { isFree, type Note, noteOf, optionsOf } from './schema-words.ts';

type Ignored = Extract<Note, { ignored: string }>;

/** A known key: the warning about its value, and the keys that are known inside of it. */
type Field = { ignored: Ignored | undefined; inside: Node | undefined };

type Node = {
  /** The known keys of an object; undefined where any key is allowed. */
  fields: ReadonlyMap<string, Field> | undefined;
  /** The kinds of objects that are told apart by the value of one key: blocks by their `type`. */
  variants: { tag: string; nodes: ReadonlyMap<string, Node>; otherwise: Node | undefined } | undefined;
  items: Node | undefined;
};

/**
 * A key that has no effect, and the reason. `count` is above 1 for a key that is at many places of the same kind, such
 * as in each block of a history.
 */
export type UnusedKey = { path: string; why: string; count: number };

const NOT_KNOWN = 'not known here, left out';
const TAGS = ['type', 'role'];
/** The most paths that are written out for one key at one kind of place. */
const PATHS_A_KEY = 5;
/** The most different keys that are named; all others are only counted. */
const MOST_KEYS = 1_000;

const NOTHING_INSIDE: Node = { fields: undefined, variants: undefined, items: undefined };

const literalsOf = (schema: TSchema | undefined): string[] => {
  const options: TSchema[] = schema?.['anyOf'] ?? (schema ? [schema] : []);
  return options.flatMap((option) => (typeof option['const'] === 'string' ? [option['const']] : []));
};

const isObjectSchema = (schema: TSchema): schema is TObject =>
  schema['type'] === 'object' && isObject(schema['properties']);

function variantsOf(objects: readonly TObject[]): Node['variants'] {
  const tag = TAGS.find((key) => objects.some(({ properties }) => literalsOf(properties[key]).length > 0));
  if (tag === undefined) return undefined;
  const nodes = new Map<string, Node>();
  let otherwise: Node | undefined;
  for (const object of objects) {
    const literals = literalsOf(object.properties[tag]);
    if (literals.length === 0) otherwise = nodeOf(object);
    for (const literal of literals) nodes.set(literal, nodeOf(object) ?? NOTHING_INSIDE);
  }
  return { tag, nodes, otherwise };
}

function fieldOf(schema: TSchema): Field {
  const note = noteOf(schema);
  return { ignored: note && 'ignored' in note ? note : undefined, inside: nodeOf(schema) };
}

/** The known keys of a schema; undefined where a value can have no keys, or may have any key. */
function nodeOf(schema: TSchema): Node | undefined {
  if (isFree(schema)) return undefined;
  const options = optionsOf(schema);
  const objects = options.filter(isObjectSchema);
  const [only] = objects;
  const list = options.find((option) => option['type'] === 'array');
  const node: Node = {
    fields:
      objects.length === 1 && only && !isFree(only)
        ? new Map(Object.entries(only.properties).map(([key, inner]) => [key, fieldOf(inner)]))
        : undefined,
    variants: objects.length > 1 ? variantsOf(objects) : undefined,
    items: list && nodeOf(list['items']),
  };
  return node.fields || node.variants || node.items ? node : undefined;
}

/** A tag without its date: `web_search_20250305` is a `web_search`. */
const undated = (tag: string): string => tag.replace(/_\d{8}$/, '');

function fieldsOf(node: Node, value: Record<string, unknown>): Node['fields'] {
  if (!node.variants) return node.fields;
  const { tag, nodes, otherwise } = node.variants;
  const word = value[tag];
  if (typeof word !== 'string') return otherwise?.fields;
  return (nodes.get(word) ?? nodes.get(undated(word)) ?? otherwise)?.fields;
}

/** The items of the request's own lists in which every key is used. They come again with each turn of a conversation. */
const faultless = new MadeOf<object, true>();

class Walk {
  readonly #path: (string | number)[] = [];
  readonly #found = new Map<string, { paths: string[]; why: string; count: number }>();
  #told = 0;
  #untold = 0;

  visit(value: unknown, node: Node): void {
    if (Array.isArray(value)) {
      if (node.items) this.#list(value, node.items);
    } else if (typeof value === 'object' && value !== null) {
      const fields = fieldsOf(node, value as Record<string, unknown>);
      if (fields) this.#object(value as Record<string, unknown>, fields);
    }
  }

  #list(values: readonly unknown[], node: Node): void {
    const isOfRequest = this.#path.length === 1;
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      const lasting = isOfRequest && typeof value === 'object' && value !== null ? value : undefined;
      if (lasting && faultless.get(lasting)) continue;
      const before = this.#told;
      this.#path.push(index);
      this.visit(value, node);
      this.#path.pop();
      if (lasting && this.#told === before) faultless.set(lasting, true);
    }
  }

  #object(value: Record<string, unknown>, fields: ReadonlyMap<string, Field>): void {
    for (const key in value) {
      const field = fields.get(key);
      if (!field) this.#tell(key, NOT_KNOWN);
      else if (field.ignored && !field.ignored.unless.includes(value[key]))
        this.#tell(key, field.ignored.ignored);
      else if (field.inside) {
        this.#path.push(key);
        this.visit(value[key], field.inside);
        this.#path.pop();
      }
    }
  }

  #tell(key: string, why: string): void {
    this.#told++;
    const place = [...this.#path.map((step) => (typeof step === 'number' ? '*' : step)), key].join('.');
    let found = this.#found.get(place);
    if (!found) {
      if (this.#found.size === MOST_KEYS) {
        this.#untold++;
        return;
      }
      found = { paths: [], why, count: 0 };
      this.#found.set(place, found);
    }
    found.count++;
    if (found.paths.length < PATHS_A_KEY) found.paths.push([...this.#path, key].join('.'));
  }

  result(): UnusedKey[] {
    const told = [...this.#found].flatMap(([place, { paths, why, count }]) => [
      ...paths.map((path) => ({ path, why, count: 1 })),
      ...(count > paths.length ? [{ path: place, why, count: count - paths.length }] : []),
    ]);
    return this.#untold === 0 ? told : [...told, { path: '*', why: NOT_KNOWN, count: this.#untold }];
  }
}

let root: Node | undefined;

/**
 * The keys of a request that have no effect. `request` must have been checked. A request for a count may have all the
 * keys of a request for an answer.
 */
export function unusedKeys(request: object): UnusedKey[] {
  root ??= nodeOf(MessagesRequest) ?? NOTHING_INSIDE;
  const walk = new Walk();
  walk.visit(request, root);
  return walk.result();
}
