/**
 * Opens circles of references. Google replaces each reference by its target, and accepts a circle only where a value
 * can end it: at a property that is not required, or at the items of a list that may be empty. (A nullable property is
 * not enough: Google's error says so, and so do probes of 2026.) So a circle of required properties is opened at the
 * place where that loses least.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { kindOf, requiredOf, schemasIn } from './keywords.ts';
import { shortly, type Told } from './place.ts';
import { References } from './references.ts';
import type { Work } from './work.ts';

/** A change by which a value no longer has to go on from a schema to a schema inside of it. */
type Opening = { at: JsonObject } & ({ drop: 'requirement'; name: string } | { drop: 'floor' });

type Way = { to: JsonObject; opening: Opening | undefined; isReference: boolean };

type Edit = { optional: Set<string>; isFloorless: boolean; isOpen: boolean };

const FLOORS = ['minItems', 'minContains'] as const;
const hasFloor = (schema: JsonObject): boolean =>
  FLOORS.some((keyword) => typeof schema[keyword] === 'number' && Number(schema[keyword]) > 0);

/** Keywords whose schemas no value has to follow. */
const FREE: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
]);

class Circles {
  readonly #references: References;
  readonly #work: Work;
  readonly #told: Told;
  /** For each schema: the schema around it, and how the step between the two can be opened. */
  readonly #parents = new Map<JsonObject, { schema: JsonObject; opening: Opening | undefined }>();
  readonly #targets: Set<JsonObject>;
  readonly edits = new Map<JsonObject, Edit>();

  constructor(references: References, work: Work, told: Told) {
    this.#references = references;
    this.#work = work;
    this.#told = told;
    const all = this.#everything();
    this.#targets = new Set(
      all.map((schema) => this.#targetOf(schema)).filter((target) => target !== undefined),
    );
    this.#search(all);
  }

  #targetOf(schema: JsonObject): JsonObject | undefined {
    const { $ref: reference } = schema;
    const target = typeof reference === 'string' ? this.#references.resolve(reference) : undefined;
    return isObject(target) ? (target as JsonObject) : undefined;
  }

  #everything(): JsonObject[] {
    const all = new Set([this.#references.root]);
    for (const schema of all) {
      for (const [inner] of schemasIn(schema)) {
        this.#work.add();
        all.add(inner);
      }
    }
    return [...all];
  }

  /** The schemas that every value of `schema` must go on to. */
  #waysFrom(schema: JsonObject): Way[] {
    const required = new Set(requiredOf(schema));
    const ways: Way[] = [];
    for (const [inner, keyword, name] of schemasIn(schema)) {
      this.#work.add();
      const isFree = FREE.has(keyword) || (keyword === 'properties' && !required.has(name));
      const mayBeEmpty = keyword === 'items' && [undefined, 'array'].includes(schema['type'] as string);
      if (isFree || (mayBeEmpty && !hasFloor(schema))) continue;
      let opening: Opening | undefined;
      if (keyword === 'properties') opening = { at: schema, drop: 'requirement', name };
      else if (mayBeEmpty) opening = { at: schema, drop: 'floor' };
      this.#parents.set(inner, { schema, opening });
      ways.push({ to: inner, opening, isReference: false });
    }
    const target = this.#targetOf(schema);
    if (target) ways.push({ to: target, opening: undefined, isReference: true });
    return ways;
  }

  /** Searches for circles, depth first and without recursion: a chain of references may be as long as the schema. */
  #search(all: readonly JsonObject[]): void {
    const state = new Map<JsonObject, 'open' | 'done'>();
    for (const start of all) {
      if (state.has(start)) continue;
      const path: { schema: JsonObject; ways: Way[] }[] = [];
      const enter = (schema: JsonObject) => {
        state.set(schema, 'open');
        path.push({ schema, ways: this.#waysFrom(schema) });
      };
      enter(start);
      for (let last = path.at(-1); last; last = path.at(-1)) {
        const way = last.ways.pop();
        if (!way) {
          state.set(last.schema, 'done');
          path.pop();
        } else if (!state.has(way.to)) enter(way.to);
        else if (way.isReference && state.get(way.to) === 'open') this.#open(last.schema);
      }
    }
  }

  /**
   * Opens the circles through the reference in `schema`. Each of them passes the schemas around `schema`, up to the
   * next schema that is itself referred to. If one step of that way is opened, all these circles are open.
   */
  #open(schema: JsonObject): void {
    for (let inner = schema; !this.#targets.has(inner); ) {
      const parent = this.#parents.get(inner);
      if (!parent) break;
      if (parent.opening) {
        this.#note(parent.opening);
        return;
      }
      inner = parent.schema;
    }
    this.#edit(schema).isOpen = true;
    this.#told.add(
      `$ref ${shortly(String(schema['$ref']))} is left open: Google takes no circle that cannot end`,
    );
  }

  #note(opening: Opening): void {
    const edit = this.#edit(opening.at);
    if (opening.drop === 'floor') edit.isFloorless = true;
    else edit.optional.add(opening.name);
    const what = opening.drop === 'floor' ? 'minItems' : `required ${shortly(JSON.stringify(opening.name))}`;
    this.#told.add(`${what} is left out: Google takes no circle of references that cannot end`);
  }

  #edit(schema: JsonObject): Edit {
    const edit = this.edits.get(schema) ?? { optional: new Set(), isFloorless: false, isOpen: false };
    this.edits.set(schema, edit);
    return edit;
  }
}

function edited(schema: JsonObject, edit: Edit | undefined): JsonObject {
  if (!edit) return schema;
  const left: JsonObject = { ...schema };
  if (edit.isOpen) delete left['$ref'];
  if (edit.isFloorless) for (const keyword of FLOORS) delete left[keyword];
  if (edit.optional.size === 0) return left;
  const required = requiredOf(left).filter((name) => !edit.optional.has(name));
  if (required.length > 0) return { ...left, required };
  delete left['required'];
  return left;
}

/**
 * Builds the schema again with its changes. Since definitions were moved, a schema may be used in two places: it is
 * copied only once.
 */
function rebuilt(
  schema: JsonObject,
  edits: ReadonlyMap<JsonObject, Edit>,
  made: Map<JsonObject, JsonObject>,
): JsonObject {
  const known = made.get(schema);
  if (known) return known;
  const again = (value: Json): Json => (isObject(value) ? rebuilt(value as JsonObject, edits, made) : value);
  const entries = Object.entries(edited(schema, edits.get(schema))).map(
    ([keyword, value]): [string, Json] => {
      const kind = kindOf(keyword);
      if (kind === 'schema') return [keyword, again(value)];
      if (kind === 'schemas' && Array.isArray(value)) return [keyword, value.map(again)];
      if (kind !== 'named' || !isObject(value)) return [keyword, value];
      return [
        keyword,
        Object.fromEntries(Object.entries(value as JsonObject).map(([name, one]) => [name, again(one)])),
      ];
    },
  );
  const result = Object.fromEntries(entries);
  made.set(schema, result);
  return result;
}

/**
 * `schema` without circles that no value can end; the same object where there are none. `schema` must have been cleaned
 * before.
 */
export function withoutCircles(schema: JsonObject, work: Work, told: Told): JsonObject {
  const { edits } = new Circles(new References(schema, work), work, told);
  return edits.size === 0 ? schema : rebuilt(schema, edits, new Map());
}
