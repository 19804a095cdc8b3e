/**
 * Makes the published form of a schema: plain JSON Schema that a person can read. What becomes of a field
 * (`schema-words.ts`) is written into its description. A schema that has a name is referred to.
 */
import type { TSchema } from '@sinclair/typebox';
import { keysOf, type Note, noteOf, optionsOf } from '../../anthropic/schema-words.ts';
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

export const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/** The names of schemas. A schema is known by its identity. */
export type Names = ReadonlyMap<TSchema, string>;

function sentence(note: Note | undefined): string | undefined {
  if (note === undefined) return undefined;
  if ('needless' in note) return `Accepted, but not sent to Gemini: ${note.needless}.`;
  if ('ignored' in note) return `Accepted, but left out with a warning in the log: ${note.ignored}.`;
  if ('refused' in note) return `A request with this field is refused ${note.refused}.`;
  return `${note.free.charAt(0).toUpperCase()}${note.free.slice(1)}.`;
}

const isConst = (option: JsonObject): boolean => typeof option['const'] === 'string';
const isNull = (option: JsonObject): boolean => option['type'] === 'null';
/** A schema that takes one more type, if the type is written into its list. */
const hasType = (option: JsonObject): boolean => typeof option['type'] === 'string' && !('const' in option);

/** A union in as few words as it can be written with. */
function union(options: JsonObject[]): JsonObject {
  const other = options.filter((option) => !isNull(option));
  const nullable = other.length < options.length;
  const nullToo: Json[] = nullable ? [null] : [];
  const nullType = nullable ? ['null'] : [];
  const [only] = other;
  if (other.length > 0 && other.every(isConst)) {
    const values = other.map((option) => option['const'] ?? null);
    return { type: nullable ? ['string', ...nullType] : 'string', enum: [...values, ...nullToo] };
  }
  if (only && other.length === 1 && !nullable) return only;
  if (only && other.length === 1 && hasType(only)) {
    const { enum: values, ...rest } = only;
    const type = [only['type'] ?? null, ...nullType];
    return Array.isArray(values) ? { ...rest, type, enum: [...values, null] } : { ...rest, type };
  }
  return { anyOf: options };
}

/** One of several named objects, which are told apart by their `type`. */
export const tagged = (names: Readonly<Record<string, string>>): JsonObject => ({
  oneOf: Object.values(names).map(ref),
  discriminator: {
    propertyName: 'type',
    mapping: Object.fromEntries(
      Object.entries(names).map(([type, name]) => [type, `#/components/schemas/${name}`]),
    ),
  },
});

/** The `type` by which an object is told from others. */
const tagOf = (schema: TSchema): string | undefined => {
  const tag: unknown = schema['properties']?.type?.const;
  return typeof tag === 'string' ? tag : undefined;
};

/** Words of JSON Schema whose values are schemas, and that are written as they are. */
const KEPT = new Set(['properties', 'items', 'anyOf', 'additionalProperties', 'patternProperties']);

class Publisher {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /** A reference where the schema has a name. */
  place(schema: TSchema): JsonObject {
    const name = this.#names.get(schema);
    return name === undefined ? this.whole(schema) : ref(name);
  }

  /** The schema itself. */
  whole(schema: TSchema): JsonObject {
    const note = sentence(noteOf(schema));
    const written = this.#shape(schema);
    const own = typeof written['description'] === 'string' ? written['description'] : undefined;
    const description = [own, note].filter((part) => part !== undefined).join(' ');
    const { description: _own, ...rest } = written;
    return description === '' ? rest : { description, ...rest };
  }

  #shape(schema: TSchema): JsonObject {
    const members: TSchema[] | undefined = schema['anyOf'];
    if (members) return { ...this.#plain(schema), ...this.#union(members) };
    const keys = keysOf(schema);
    const isUnchecked = schema['type'] === undefined && schema['const'] === undefined;
    if (keys && isUnchecked) {
      return { ...this.#plain(schema), anyOf: [this.place(keys), { description: 'Any other value.' }] };
    }
    return { ...this.#plain(schema), ...this.#inner(schema, keys ? optionsOf(keys) : []) };
  }

  #union(members: readonly TSchema[]): JsonObject {
    const flat = this.#flat(members);
    const names = Object.fromEntries(
      flat.map((member) => [tagOf(member) ?? '', this.#names.get(member) ?? '']),
    );
    const areTold = Object.keys(names).length === flat.length && !('' in names);
    if (areTold && !Object.values(names).includes('')) return tagged(names);
    return union(flat.map((member) => this.place(member)));
  }

  /** The members, and in place of a union without a name its members. */
  #flat(members: readonly TSchema[]): TSchema[] {
    return members.flatMap((member) =>
      member['anyOf'] && !this.#names.has(member) ? this.#flat(member['anyOf']) : [member],
    );
  }

  /** The words of a schema that hold no schema. */
  #plain(schema: TSchema): JsonObject {
    const words = Object.entries(schema).filter(([key]) => !KEPT.has(key));
    return JSON.parse(JSON.stringify(Object.fromEntries(words))) as JsonObject;
  }

  #inner(schema: TSchema, known: readonly TSchema[]): JsonObject {
    const inner: JsonObject = {};
    if (isObject(schema['properties'])) inner['properties'] = this.#properties(schema, known);
    if (isObject(schema['items'])) inner['items'] = this.place(schema['items'] as TSchema);
    // TypeBox writes a record as a pattern that every key matches.
    const [values] = Object.values(schema['patternProperties'] ?? {});
    if (isObject(values)) inner['additionalProperties'] = this.place(values as TSchema);
    return inner;
  }

  /** The properties that are checked, and those that are known besides. */
  #properties(schema: TSchema, known: readonly TSchema[]): JsonObject {
    const all: Record<string, TSchema> = { ...schema['properties'] };
    for (const option of known) {
      for (const [key, value] of Object.entries<TSchema>(option['properties'] ?? {})) all[key] ??= value;
    }
    return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, this.place(value)]));
  }
}

/** The named schemas in their published form. */
export function publish(schemas: Readonly<Record<string, TSchema>>, names: Names): JsonObject {
  const publisher = new Publisher(names);
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, publisher.whole(schema)]));
}
