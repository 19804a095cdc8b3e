/**
 * Makes an object of a root that is no object (`anyOf`, `oneOf`, `allOf`, `$ref`). The object allows every call that
 * the original allows, and some more; its description says which arguments belong together. Each schema is looked at
 * once, however many ways lead to it.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { describeChoices } from './choices.ts';
import { listAt, objectAt, requiredOf } from './keywords.ts';
import type { Told } from './place.ts';
import type { References } from './references.ts';
import type { Work } from './work.ts';

/** The most schemas that are looked at for one alternative. */
const MOST_PARTS = 64;

const COMPOSITION = ['$ref', 'anyOf', 'oneOf', 'allOf'] as const;

export const isPlain = (schema: JsonObject): boolean =>
  COMPOSITION.every((keyword) => schema[keyword] === undefined);

const choicesIn = (schema: JsonObject): JsonObject[][] =>
  [listAt(schema, 'anyOf'), listAt(schema, 'oneOf')]
    .map((choices) => choices.filter(isObject) as JsonObject[])
    .filter((choices) => choices.length > 0);

/** The types that a schema names, in lower case; an empty list where it names none. */
const typesOf = (schema: JsonObject): string[] =>
  [schema['type'] ?? []].flat().map((type) => String(type).toLowerCase());

const isNoObject = (schema: JsonObject): boolean => {
  const types = typesOf(schema);
  return types.length > 0 && !types.includes('object');
};

class RootMerger {
  readonly #references: References;
  readonly #work: Work;
  readonly #told: Told;

  constructor(references: References, work: Work, told: Told) {
    this.#references = references;
    this.#work = work;
    this.#told = told;
  }

  /**
   * `start` and all schemas that apply together with it: the target of its reference, and the members of its `allOf`.
   * The nearest of them comes last.
   */
  #together(start: JsonObject, seen = new Set<JsonObject>(), most = Number.POSITIVE_INFINITY): JsonObject[] {
    const found: JsonObject[] = [];
    const open = [start];
    for (let schema = open.pop(); schema && found.length < most; schema = open.pop()) {
      this.#work.add();
      if (seen.has(schema)) continue;
      seen.add(schema);
      found.push(schema);
      const { $ref: reference } = schema;
      const target = typeof reference === 'string' ? this.#target(reference) : undefined;
      const parts = listAt(schema, 'allOf').filter(isObject) as JsonObject[];
      this.#work.add(parts.length);
      if (target) open.push(target);
      open.push(...parts);
    }
    return found.reverse();
  }

  /**
   * The first schemas that apply together with an alternative. They are enough: a schema that is left out here could
   * only require more.
   */
  #beginning(choice: JsonObject): JsonObject[] {
    return this.#together(choice, new Set(), MOST_PARTS);
  }

  #target(reference: string): JsonObject | undefined {
    const target = this.#references.resolve(reference);
    return isObject(target) ? (target as JsonObject) : this.#references.find(reference);
  }

  merge(root: JsonObject): JsonObject {
    const base = this.#together(root);
    const merged = new Map(base.flatMap((part) => Object.entries(part)));
    for (const keyword of COMPOSITION) merged.delete(keyword);
    this.#work.add(merged.size);
    const properties = new Map(base.flatMap((part) => Object.entries(objectAt(part, 'properties'))));
    const required = new Set(base.flatMap(requiredOf));
    const groups = base.flatMap(choicesIn).map((choices) => this.#objectsOf(choices));
    for (const [name, schema] of this.#offered(groups.flat(), new Set(base))) {
      if (!properties.has(name)) properties.set(name, schema);
    }
    for (const group of groups) this.#addGroup(group, merged, required);
    this.#work.add(properties.size + required.size);
    merged.set('properties', Object.fromEntries(properties));
    if (required.size > 0) merged.set('required', [...required]);
    return Object.fromEntries(merged);
  }

  /** The alternatives that can be objects. */
  #objectsOf(choices: readonly JsonObject[]): JsonObject[] {
    return choices.filter((choice) => {
      const possible = !this.#beginning(choice).some(isNoObject);
      if (!possible) this.#told.add('an alternative that is no object is left out');
      return possible;
    });
  }

  /**
   * Merges a group of alternatives. A property that all of them require is required. A property that only some require
   * is mentioned in words.
   */
  #addGroup(group: readonly JsonObject[], merged: Map<string, Json>, required: Set<string>): void {
    if (group.length === 0) return;
    const parts = group.map((choice) => this.#beginning(choice));
    const names = parts.map((all) => [...new Set(all.flatMap(requiredOf))]);
    const [first = [], ...others] = names.map((list) => new Set(list));
    for (const name of first) if (others.every((other) => other.has(name))) required.add(name);
    if (group.length > 1) merged.set('description', describeChoices(merged.get('description'), names));
    const isClosed = parts.every((all) => all.some((part) => part['additionalProperties'] === false));
    if (isClosed) merged.set('additionalProperties', false);
  }

  /**
   * The properties of the alternatives and of alternatives inside of them. A property may have several different
   * schemas, each of which is listed once: any of them is allowed.
   */
  #offered(choices: readonly JsonObject[], seen: Set<JsonObject>): Map<string, Json> {
    const byName = new Map<string, Set<Json>>();
    const open = [...choices].reverse();
    for (let choice = open.pop(); choice; choice = open.pop()) {
      for (const part of this.#together(choice, seen)) {
        for (const [name, schema] of Object.entries(objectAt(part, 'properties'))) {
          this.#work.add();
          byName.set(name, (byName.get(name) ?? new Set()).add(schema));
        }
        open.push(...choicesIn(part).flat());
      }
    }
    return new Map([...byName].map(([name, schemas]) => [name, this.#anyOf([...schemas])]));
  }

  #anyOf(schemas: readonly Json[]): Json {
    const [only = {}] = schemas;
    if (schemas.length <= 1) return only;
    const distinct = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
    return distinct.length === 1 ? only : { anyOf: distinct };
  }
}

/**
 * Merges the alternatives of a root into one object. Definitions stay at the root, so that references to them still
 * lead somewhere.
 */
export function mergeAlternatives(
  root: JsonObject,
  references: References,
  work: Work,
  told: Told,
): JsonObject {
  told.add('a root that is no plain object is merged into one');
  return new RootMerger(references, work, told).merge(root);
}
