/**
 * Puts requirements where Google accepts them. Google accepts a name in `required` only where the same node declares
 * that property, but in JSON Schema any node may require any name. So a requirement moves to the node that declares its
 * property, up or down, as far as the meaning stays the same. Where there is no such node, the requirement is dropped;
 * a choice between requirements is put into words.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { listAt, objectAt } from './keywords.ts';

/** The keywords whose schemas are about the same value as the schema around them. */
export const BRANCHES = ['allOf', 'anyOf', 'oneOf'] as const;

/** What the schema around a branch says about the branch's requirements. */
export type Demands = {
  /** The required names that no schema declares, or only a branch does. */
  readonly owed: ReadonlySet<string>;
  /** The names of `owed` that some branch has declared. */
  readonly placed: Set<string>;
  /** The names that the schema around requires: a branch may drop them without any loss. */
  readonly lifted: ReadonlySet<string>;
};

const NOTHING: ReadonlySet<string> = new Set();
export const NO_DEMANDS: Demands = { owed: NOTHING, placed: new Set(), lifted: NOTHING };

/** The names in the value of `required`, whatever the author wrote there. */
export function listedNames({ required }: JsonObject): string[] {
  if (typeof required === 'string') return [required];
  return Array.isArray(required) ? [...new Set(required.filter((name) => typeof name === 'string'))] : [];
}

/** True for a property with `required: true`: in draft 3 this means that the schema around requires the property. */
const isAskedFor = (property: Json): boolean => isObject(property) && property['required'] === true;

export type Requirements = {
  /** The required names that this node declares. */
  readonly kept: readonly string[];
  /** The required names that this node does not declare. */
  readonly missing: ReadonlySet<string>;
  readonly lifted: ReadonlySet<string>;
  /** For each alternative what it requires of properties declared here, where the alternatives differ. */
  readonly choices: readonly (readonly (readonly string[])[])[];
};

type Look = (branch: Json) => JsonObject | undefined;

/** The requirements of `schema`, which is well-formed. `look` gives the schema that a branch is, or refers to. */
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
