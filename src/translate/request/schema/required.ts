/**
 * Google takes a name in `required` only where the same node declares that property. JSON Schema lets any node require
 * any name. So a requirement moves to the node that declares its property, up or down, as far as the meaning stays the
 * same. Where no node will do, the requirement goes; a choice between requirements is told in words.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { listAt, objectAt } from './keywords.ts';

/** The keywords whose schemas describe the same value as the schema around them. */
export const BRANCHES = ['allOf', 'anyOf', 'oneOf'] as const;

/** What the schema around a branch requires of that branch. */
export type Demands = {
  /** Required names that are declared nowhere, or only in a branch. */
  readonly owed: ReadonlySet<string>;
  /** The names of `owed` that some branch has declared. */
  readonly placed: Set<string>;
  /** Names that the schema around requires: a branch may drop them without any loss. */
  readonly lifted: ReadonlySet<string>;
};

const NOTHING: ReadonlySet<string> = new Set();
export const NO_DEMANDS: Demands = { owed: NOTHING, placed: new Set(), lifted: NOTHING };

/** The names in whatever somebody wrote for a list. */
export function listedNames({ required }: JsonObject): string[] {
  if (typeof required === 'string') return [required];
  return Array.isArray(required) ? [...new Set(required.filter((name) => typeof name === 'string'))] : [];
}

/** Draft 3: `required: true` on a property means that the schema around requires it. */
const isAskedFor = (property: Json): boolean => isObject(property) && property['required'] === true;

export type Requirements = {
  /** Required names that this node declares. */
  readonly kept: readonly string[];
  /** Required names that this node does not declare. */
  readonly missing: ReadonlySet<string>;
  readonly lifted: ReadonlySet<string>;
  /** For each alternative what it requires of properties declared here, where the alternatives differ. */
  readonly choices: readonly (readonly (readonly string[])[])[];
};

type Look = (branch: Json) => JsonObject | undefined;

/** `schema` is well-formed. `look` gives the schema that a branch is, or refers to. */
export function requirementsOf(schema: JsonObject, demands: Demands, look: Look): Requirements {
  const properties = objectAt(schema, 'properties');
  const declared = (name: string) => Object.hasOwn(properties, name);
  const kept = new Set<string>();
  const missing = new Set<string>();
  for (const name of listedNames(schema)) (declared(name) ? kept : missing).add(name);
  for (const [name, property] of Object.entries(properties)) if (isAskedFor(property)) kept.add(name);
  for (const name of demands.owed) {
    if (!declared(name)) continue;
    kept.add(name);
    demands.placed.add(name);
  }
  const { lifted, choices } = fromBranches(schema, declared, look);
  for (const name of lifted) kept.add(name);
  return { kept: [...kept], missing, lifted, choices };
}

function fromBranches(schema: JsonObject, declared: (name: string) => boolean, look: Look) {
  const asked = (branch: Json): string[] => {
    const target = look(branch);
    if (!target) return [];
    const own = objectAt(target, 'properties');
    return listedNames(target).filter((name) => declared(name) && !Object.hasOwn(own, name));
  };
  const lifted = new Set(listAt(schema, 'allOf').flatMap(asked));
  const choices: string[][][] = [];
  for (const keyword of ['anyOf', 'oneOf']) {
    const names = listAt(schema, keyword).map(asked);
    const [first = [], ...others] = names.map((list) => new Set(list));
    for (const name of first) if (others.every((other) => other.has(name))) lifted.add(name);
    if (names.some((list) => list.some((name) => !lifted.has(name)))) choices.push(names);
  }
  return { lifted, choices };
}
