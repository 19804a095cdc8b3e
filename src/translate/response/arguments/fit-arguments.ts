/**
 * Makes a call's arguments fit the client's own schema, where only one thing can have been meant. Arguments that may be
 * legal are given back as they are, and so are those that no sure repair makes legal: the client then tells the model
 * what is wrong.
 */
import { isObject, isSameJson, type Json, type JsonObject } from '../../../lib/json.ts';
import { jsonType, SchemaCheck } from '../../../lib/schema/schema-check.ts';
import { parsedText } from '../gemini-calls.ts';
import { isOtherCase, isTypo } from './similar-names.ts';

/** What was done, in words: without values, which may be private. */
type Note = string;
type Fit = { value: Json; notes: readonly Note[] };

/** `fits`: false where the arguments are illegal, and could not be repaired. */
export type FittedArguments = { args: JsonObject; notes: readonly Note[]; fits: boolean };

const WRAPPERS: ReadonlySet<string> = new Set(['input', 'parameters', 'arguments', 'args', 'params']);
const NUMBER = /^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?$/;
const MOST_DEPTH = 32;
/** The most wrappers around each other. */
const MOST_WRAPPERS = 3;

const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
const membersOf = (word: Json | undefined): JsonObject => (isObject(word) ? (word as JsonObject) : {});
const listOf = (word: Json | undefined): Json[] => (Array.isArray(word) ? word : []);

class Fitter {
  readonly #check: SchemaCheck;

  constructor(schema: JsonObject) {
    this.#check = new SchemaCheck(schema);
  }

  isIllegal(value: Json, schema?: Json): boolean {
    return this.#check.verdict(value, schema) === 'illegal';
  }

  get isSpent(): boolean {
    return this.#check.isSpent;
  }

  /**
   * `value` so that it fits. Undefined where it does not fit, and where it could be made to fit in more than one way.
   * `at` is the path of the value.
   */
  fit(value: Json, schema: Json, at: string, depth = 0): Fit | undefined {
    if (!this.isIllegal(value, schema)) return { value, notes: [] };
    if (depth > MOST_DEPTH || !isObject(schema)) return undefined;
    const ways = [...this.#ways(value, schema as JsonObject, at, depth)].filter(
      (way) => !this.isIllegal(way.value, schema),
    );
    const [first, ...others] = ways;
    return first && others.every((other) => isSameJson(other.value, first.value)) ? first : undefined;
  }

  *#ways(value: Json, schema: JsonObject, at: string, depth: number): Generator<Fit> {
    const target = this.#check.target(schema['$ref'] ?? null);
    if (target !== undefined) yield* this.#maybe(this.fit(value, target, at, depth + 1));
    if (typeof value === 'string') yield* this.#readings(value, schema, at, depth);
    let changed: Fit = { value, notes: [] };
    if (isObject(value)) changed = this.#object(value as JsonObject, schema, at, depth);
    if (Array.isArray(value)) changed = this.#array(value, schema, at, depth);
    for (const part of listOf(schema['allOf'])) {
      const fitted = this.fit(changed.value, part, at, depth + 1);
      if (fitted) changed = { value: fitted.value, notes: [...changed.notes, ...fitted.notes] };
    }
    if (changed.value !== value) yield changed;
    for (const member of [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])]) {
      const fitted = this.fit(changed.value, member, at, depth + 1);
      if (fitted) yield { value: fitted.value, notes: [...changed.notes, ...fitted.notes] };
    }
  }

  *#maybe(fit: Fit | undefined): Generator<Fit> {
    if (fit) yield fit;
  }

  /** What else a text can say: a truth value, a number, or JSON. */
  *#readings(text: string, schema: JsonObject, at: string, depth: number): Generator<Fit> {
    const value = text === 'true' || text === 'false' || NUMBER.test(text) ? text : structured(text);
    if (value === undefined) return;
    const read = typeof value === 'string' ? ((parsedText(value) ?? null) as Json) : value;
    const type = jsonType(read);
    if (type === 'string' || type === 'null') return;
    const note = `${at} read as ${type}`;
    const fitted = this.fit(read, schema, at, depth + 1);
    if (fitted) yield { value: fitted.value, notes: [note, ...fitted.notes] };
  }

  #array(items: Json[], schema: JsonObject, at: string, depth: number): Fit {
    const { items: each } = schema;
    if (!isObject(each) || Array.isArray(schema['prefixItems'])) return { value: items, notes: [] };
    const fits = items.map((item, index) => this.fit(item, each as JsonObject, `${at}.${index}`, depth + 1));
    if (fits.every((fit, index) => fit === undefined || fit.value === items[index])) {
      return { value: items, notes: [] };
    }
    return {
      value: items.map((item, index) => fits[index]?.value ?? item),
      notes: fits.flatMap((fit) => fit?.notes ?? []),
    };
  }

  #object(object: JsonObject, schema: JsonObject, at: string, depth: number): Fit {
    const notes: Note[] = [];
    const renamed = this.#renamed(object, schema, at, depth, notes);
    const declared = membersOf(schema['properties']);
    const required = new Set(listOf(schema['required']));
    const others = schema['additionalProperties'];
    const entries: [string, Json][] = [];
    for (const [key, member] of Object.entries(renamed)) {
      const inner = own(declared, key) ?? others;
      const path = at === '' ? key : `${at}.${key}`;
      if (
        member === null &&
        !required.has(key) &&
        own(declared, key) !== undefined &&
        this.isIllegal(null, inner)
      ) {
        notes.push(`${path} dropped: null`);
        continue;
      }
      const fitted = inner === undefined ? undefined : this.fit(member, inner, path, depth + 1);
      notes.push(...(fitted?.notes ?? []));
      entries.push([key, fitted?.value ?? member]);
    }
    return notes.length === 0 ? { value: object, notes } : { value: fromEntries(entries), notes };
  }

  /** `object` with declared names for keys in another spelling. A key is renamed only to one that is not there. */
  #renamed(object: JsonObject, schema: JsonObject, at: string, depth: number, notes: Note[]): JsonObject {
    const declared = membersOf(schema['properties']);
    if (isObject(schema['patternProperties'])) return object;
    const unknown = Object.keys(object).filter((key) => !Object.hasOwn(declared, key));
    const isClosed = schema['additionalProperties'] === false;
    const required = new Set(listOf(schema['required']));
    const absent = Object.keys(declared).filter(
      (key) => !Object.hasOwn(object, key) && (isClosed || required.has(key)),
    );
    const takes = (key: string, name: string) =>
      this.fit(object[key] ?? null, declared[name] ?? true, name, depth + 1) !== undefined;
    const names =
      pairs(unknown, absent, (key, name) => isOtherCase(key, name) && takes(key, name)) ??
      pairs(unknown, absent, (key, name) => isTypo(key, name) && takes(key, name), 1);
    if (!names) return object;
    for (const [key, name] of names) notes.push(`${at === '' ? '' : `${at}.`}${key} renamed to ${name}`);
    return fromEntries(Object.entries(object).map(([key, member]) => [names.get(key) ?? key, member]));
  }
}

/** The names that keys stand for, where each key means one name and no two keys mean the same. */
function pairs(
  keys: readonly string[],
  names: readonly string[],
  isMeant: (key: string, name: string) => boolean,
  most = Infinity,
): Map<string, string> | undefined {
  const found = keys.flatMap((key) =>
    names.filter((name) => isMeant(key, name)).map((name) => [key, name] as const),
  );
  const meant = new Map(found);
  const isSure = meant.size === found.length && new Set(meant.values()).size === found.length;
  return isSure && found.length > 0 && found.length <= most ? meant : undefined;
}

/** An own `__proto__` stays a key like any other. */
function fromEntries(entries: readonly (readonly [string, Json])[]): JsonObject {
  const object: JsonObject = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

/** The list or object in `text`; undefined where there is none. */
function structured(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  return parsedText(text) as Json | undefined;
}

type Unwrapped = { inner: JsonObject; path: string };

/**
 * What is inside of wrappers such as `{"input": {…}}`, from the outermost one on. A wrapper is the only key, and the
 * schema has no such key. Under an unusual name, at least one key of the schema has to be inside.
 */
function unwrapped(args: JsonObject, schema: JsonObject, path = '', left = MOST_WRAPPERS): Unwrapped[] {
  const declared = membersOf(schema['properties']);
  const [key, ...others] = Object.keys(args);
  if (left === 0 || key === undefined || others.length > 0 || Object.hasOwn(declared, key)) return [];
  const value = args[key];
  const inner = typeof value === 'string' ? structured(value) : value;
  if (!isObject(inner)) return [];
  const found = { inner: inner as JsonObject, path: path === '' ? key : `${path}.${key}` };
  const isUsual = WRAPPERS.has(key) || Object.keys(inner).some((name) => Object.hasOwn(declared, name));
  return [...(isUsual ? [found] : []), ...unwrapped(found.inner, schema, found.path, left - 1)];
}

export function fitArguments(args: JsonObject, schema: JsonObject): FittedArguments {
  const fitter = new Fitter(schema);
  if (!fitter.isIllegal(args)) return { args, notes: [], fits: true };
  const fits = [
    fitter.fit(args, schema, ''),
    ...unwrapped(args, schema).map(({ inner, path }) => {
      const fitted = fitter.fit(inner, schema, '');
      return fitted && { ...fitted, notes: [`taken out of ${path}`, ...fitted.notes] };
    }),
  ];
  const [fit, ...others] = fits.filter((one) => one !== undefined);
  if (!fit || others.length > 0 || fitter.isSpent || !isObject(fit.value))
    return { args, notes: [], fits: false };
  return { args: fit.value as JsonObject, notes: fit.notes, fits: true };
}
