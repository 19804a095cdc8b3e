/**
 * Makes a schema that Google accepts from any JSON Schema (wire section 3). Every node is looked at once. A part that
 * needs no change is shared with the client's schema and not copied; most schemas need no change at all.
 */
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { describeChoices } from './choices.ts';
import { isSchemaPlace, kindOf, objectAt } from './keywords.ts';
import { shortly, type Told } from './place.ts';
import { lastName, pointerTo, type References } from './references.ts';
import { BRANCHES, type Demands, NO_DEMANDS, type Requirements, requirementsOf } from './required.ts';
import { isPlainLeaf, shaped, toSchema } from './shape.ts';
import type { Work } from './work.ts';

export type CleanOptions = {
  /** The references of the schema that is sent: a reference whose target is found in that schema can stay. */
  sent: References;
  /** The references of the schema that the client wrote: the other references are looked up in that schema. */
  written: References;
  work: Work;
  told: Told;
};

type Entry = [keyword: string, value: Json];

const CONDITION: ReadonlySet<string> = new Set(['if', 'then', 'else']);
const isBranches = (keyword: string): boolean => (BRANCHES as readonly string[]).includes(keyword);
const isEmpty = (value: Json): boolean => isObject(value) && Object.keys(value).length === 0;

const isSameList = (list: readonly Json[], other: Json | undefined): boolean =>
  Array.isArray(other) && list.length === other.length && list.every((item, index) => item === other[index]);

export class Cleaner {
  readonly #options: CleanOptions;
  /**
   * The names of the definitions at the root: the schema's own definitions, and those that were copied there because
   * Google could not find them elsewhere.
   */
  readonly #pointers = new Map<JsonObject, string>();
  readonly #waiting: { target: JsonObject; name: string; around: JsonObject[] }[] = [];
  readonly #taken: Set<string>;
  /** The schemas around the present one as the client wrote them, outermost first. */
  #around: JsonObject[] = [];
  /** How many requirements were dropped so far. (Inside of a `not`, dropping a requirement would forbid more.) */
  #lost = 0;

  constructor(options: CleanOptions) {
    this.#options = options;
    const definitions = objectAt(options.sent.root, '$defs');
    this.#taken = new Set(Object.keys(definitions));
    for (const [name, definition] of Object.entries(definitions)) {
      if (isObject(definition)) this.#pointers.set(definition as JsonObject, pointerTo(name));
    }
  }

  clean(): JsonObject {
    const root = this.#schema(this.#options.sent.root, NO_DEMANDS) as JsonObject;
    const definitions: Entry[] = [];
    // Cleaning one definition may add other definitions to this list.
    for (const { target, name, around } of this.#waiting) {
      this.#around = around;
      definitions.push([name, this.#schema(target, NO_DEMANDS)]);
    }
    if (definitions.length === 0) return root;
    return {
      ...root,
      $defs: Object.fromEntries([...Object.entries(objectAt(root, '$defs')), ...definitions]),
    };
  }

  #schema(value: Json, demands: Demands): Json {
    const { work, told } = this.#options;
    work.add();
    if (!isObject(value)) return toSchema(value);
    const written = value as JsonObject;
    if (demands === NO_DEMANDS && isPlainLeaf(written)) return written;
    const schema = shaped(this.#referring(written), told);
    work.add(Object.keys(schema).length);
    const requirements = requirementsOf(schema, demands, (branch) => this.#look(branch));
    this.#around.push(written);
    const entries = this.#entries(schema, requirements, demands);
    this.#around.pop();
    const isSame =
      schema === written &&
      entries.length === Object.keys(written).length &&
      entries.every(([keyword, inner]) => inner === written[keyword]);
    return isSame ? written : Object.fromEntries(entries);
  }

  // ── references ──────────────────────────────────────────────────────────────────────────────────────────────

  /** `schema` with a reference that Google can follow, or without one. */
  #referring(schema: JsonObject): JsonObject {
    const { sent, written, told } = this.#options;
    const { $ref: reference } = schema;
    if (typeof reference !== 'string') return schema;
    const found = sent.resolve(reference);
    if (found !== undefined && isSchemaPlace(reference)) return schema;
    const target = isObject(found) ? (found as JsonObject) : written.find(reference, this.#around);
    if (!target) {
      this.#lost++;
      told.add(`$ref ${shortly(reference)} names nothing and is left out`);
      const { $ref: _lost, ...beside } = schema;
      return beside;
    }
    const pointer = this.#pointer(target, reference);
    const became =
      pointer === reference ? 'has its definition at the root now' : `is written as ${shortly(pointer)}`;
    told.add(`$ref ${shortly(reference)} ${became}`);
    return { ...schema, $ref: pointer };
  }

  #pointer(target: JsonObject, reference: string): string {
    const { sent, written } = this.#options;
    if (target === written.root) return '#';
    const local = reference.slice(reference.indexOf('#'));
    if (local.startsWith('#/') && isSchemaPlace(local) && sent.resolve(local) === target) return local;
    const known = this.#pointers.get(target);
    if (known !== undefined) return known;
    const name = this.#nameFor(reference);
    this.#pointers.set(target, pointerTo(name));
    this.#waiting.push({ target, name, around: [...this.#around] });
    return pointerTo(name);
  }

  #nameFor(reference: string): string {
    const wanted = lastName(reference)
      .replace(/[^A-Za-z0-9_.-]/g, '_')
      .slice(-64);
    const name = this.#taken.has(wanted) ? `${wanted}_${this.#taken.size + 1}` : wanted;
    if (this.#taken.has(name)) return this.#nameFor(`${name}_`);
    this.#taken.add(name);
    return name;
  }

  /** The keywords of a branch itself, or of the schema that the branch refers to. */
  #look(branch: Json): JsonObject | undefined {
    this.#options.work.add();
    if (!isObject(branch)) return undefined;
    const { $ref: reference } = branch;
    const target = typeof reference === 'string' ? this.#options.sent.resolve(reference) : branch;
    return isObject(target) ? (target as JsonObject) : undefined;
  }

  // ── what stands in a schema ─────────────────────────────────────────────────────────────────────────────────

  #entries(schema: JsonObject, requirements: Requirements, demands: Demands): Entry[] {
    const { kept, missing, lifted, choices } = requirements;
    const passed: Demands = { owed: missing, placed: new Set(), lifted };
    const condition = this.#guarded('if', schema['if']);
    const entries = new Map<string, Json>();
    for (const keyword of Object.keys(schema)) {
      const value = schema[keyword] ?? null;
      if (keyword === 'required') {
        if (isSameList(kept, value)) entries.set(keyword, value);
        else if (kept.length > 0) entries.set(keyword, [...kept]);
      } else if (isBranches(keyword)) {
        this.#addBranches(entries, keyword, value, { ...passed, isAlone: schema['anyOf'] === undefined });
      } else if (keyword === 'not') {
        const inner = this.#guarded(keyword, value);
        if (inner !== undefined) entries.set(keyword, inner);
      } else if (keyword === 'if') {
        if (condition !== undefined) entries.set(keyword, condition);
      } else if (this.#isLost(keyword, value)) {
        this.#options.told.add(`${shortly(keyword)}: holds a $ref that names no schema, and is left out`);
      } else if (condition !== undefined || !CONDITION.has(keyword) || schema['if'] === undefined) {
        entries.set(keyword, this.#inside(keyword, value));
      }
    }
    if (kept.length > 0 && schema['required'] === undefined) entries.set('required', [...kept]);
    for (const names of choices) {
      entries.set('description', describeChoices(entries.get('description'), names));
    }
    for (const name of missing) {
      if (!passed.placed.has(name) && !demands.lifted.has(name)) this.#letGo(name);
    }
    return [...entries];
  }

  #letGo(name: string): void {
    this.#lost++;
    this.#options.told.add(
      `required ${shortly(JSON.stringify(name))} names no property of its schema and is left out`,
    );
  }

  #inside(keyword: string, value: Json): Json {
    const kind = kindOf(keyword);
    if (kind === 'schema') return this.#schema(value, NO_DEMANDS);
    if (kind === 'schemas' && Array.isArray(value)) return this.#list(value, NO_DEMANDS);
    return kind === 'named' && isObject(value) ? this.#named(value as JsonObject) : value;
  }

  /**
   * True where a value under an unknown keyword has a reference that leads nowhere. Google follows references there,
   * too. Where needed, their targets are copied to the root.
   */
  #isLost(keyword: string, value: Json): boolean {
    if (kindOf(keyword) !== undefined) return false;
    const { work, sent } = this.#options;
    const open: Json[] = [value];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (typeof one !== 'object' || one === null) continue;
      const { $ref: reference } = one as JsonObject;
      const isReference = typeof reference === 'string';
      if (isReference && !(isSchemaPlace(reference) && sent.resolve(reference) !== undefined)) return true;
      const inner = Array.isArray(one) ? one : Object.values(one);
      work.add(inner.length);
      for (const member of inner) open.push(member);
    }
    return false;
  }

  #list(schemas: Json[], demands: Demands): Json[] {
    const cleaned = schemas.map((schema) => this.#schema(schema, demands));
    return isSameList(cleaned, schemas) ? schemas : cleaned;
  }

  #named(schemas: JsonObject): JsonObject {
    const names = Object.keys(schemas);
    const cleaned = names.map((name): Entry => [name, this.#schema(schemas[name] ?? null, NO_DEMANDS)]);
    return cleaned.every(([name, schema]) => schema === schemas[name])
      ? schemas
      : Object.fromEntries(cleaned);
  }

  /**
   * Cleans a schema inside of `not` or a keyword like it. To weaken such a schema would change the meaning of the
   * schema around it. So where it would be weakened, the keyword is left out, and so is what depends on it.
   */
  #guarded(keyword: string, value: Json | undefined): Json | undefined {
    if (value === undefined) return undefined;
    const before = this.#lost;
    const inner = this.#schema(value, NO_DEMANDS);
    if (this.#lost === before) return inner;
    this.#options.told.add(`${keyword}: left out, for Google cannot be told all of it`);
    return undefined;
  }

  /** Adds alternatives. After alternatives were weakened, more than one may fit, so `oneOf` becomes `anyOf`. */
  #addBranches(
    entries: Map<string, Json>,
    keyword: string,
    value: Json,
    { isAlone, ...demands }: Demands & { isAlone: boolean },
  ): void {
    if (!Array.isArray(value)) return;
    const before = this.#lost;
    const branches = this.#list(value, demands);
    if (branches === value) {
      entries.set(keyword, value);
      return;
    }
    if (branches.every(isEmpty)) return;
    const isLooser = keyword === 'oneOf' && this.#lost !== before;
    if (!isLooser)
      entries.set(keyword, keyword === 'allOf' ? branches.filter((one) => !isEmpty(one)) : branches);
    else if (isAlone) entries.set('anyOf', branches);
  }
}
