/**
 * Checks a value against a JSON Schema that somebody else wrote. The answer may be `unknown`: for patterns and formats,
 * which are not run because they can be made to run for ever, for references that lead nowhere, and for keywords whose
 * meaning depends on the draft. Nothing is compiled. The work is counted in steps, and where too many were needed the answer
 * is `unknown` as well.
 */
import { isRawNumber } from '../exact-json.ts';
import { canonicalJson, isObject, isSameJson, type Json, type JsonObject } from '../json.ts';
import { pointerStep } from './pointer-step.ts';

export type Verdict = 'legal' | 'illegal' | 'unknown';

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

const MOST_STEPS = 100_000;
const MOST_DEPTH = 64;

export function jsonType(value: Json): JsonType {
  if (value === null) return 'null';
  if (isRawNumber(value)) return 'number';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
}

const TYPES: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'number',
  'integer',
  'string',
  'array',
  'object',
]);

/** The number that a value is: raw numbers have digits that a number cannot hold, and are only nearly this one. */
const numberOf = (value: Json): number =>
  isRawNumber(value) ? Number(JSON.stringify(value)) : (value as number);

/** `1` and `1.0` are equal here, although their digits are not. */
const isEqual = (one: Json, other: Json): boolean =>
  isSameJson(one, other) ||
  (jsonType(one) === jsonType(other) &&
    typeof one !== 'string' &&
    canonicalJson(one) === canonicalJson(other));

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The verdict where all must be legal. */
function all(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict = 'legal';
  for (const verdict of verdicts) {
    if (verdict === 'illegal') return 'illegal';
    if (verdict === 'unknown') result = 'unknown';
  }
  return result;
}

const verdictOf = (isLegal: boolean): Verdict => (isLegal ? 'legal' : 'illegal');

/** A check may say `illegal` only where every draft says so. */
type Check = (value: Json, word: Json, schema: JsonObject, at: Place) => Verdict;
type Place = { readonly check: SchemaCheck; readonly depth: number };

const schemasIn = (word: Json): Json[] => (Array.isArray(word) ? word : []);
const membersOf = (word: Json | undefined): JsonObject => (isObject(word) ? (word as JsonObject) : {});
const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** A check of values of one type only. Values of other types are legal. */
const of =
  <T extends Json>(
    type: JsonType,
    check: (value: T, word: Json, schema: JsonObject, at: Place) => Verdict,
  ): Check =>
  (value, word, schema, at) =>
    jsonType(value) === type ? check(value as T, word, schema, at) : 'legal';

const bound = <T extends Json>(type: JsonType, keeps: (value: T, limit: number) => boolean): Check =>
  of<T>(type, (value, limit) => (typeof limit === 'number' ? verdictOf(keeps(value, limit)) : 'unknown'));

const inner = (value: Json, schema: Json, { check, depth }: Place): Verdict =>
  check.verdict(value, schema, depth + 1);

function typeVerdict(value: Json, word: Json, { nullable }: JsonObject): Verdict {
  const type = jsonType(value);
  const fits = (name: Json): boolean =>
    name === type || (name === 'integer' && type === 'number' && Number.isInteger(numberOf(value)));
  const names = Array.isArray(word) ? word : [word];
  if (names.some(fits) || (type === 'null' && nullable === true)) return 'legal';
  return names.every((name) => TYPES.has(String(name))) ? 'illegal' : 'unknown';
}

function oneOfVerdict(value: Json, word: Json, at: Place): Verdict {
  const verdicts = schemasIn(word).map((schema) => inner(value, schema, at));
  const legal = verdicts.filter((verdict) => verdict === 'legal').length;
  // Many schemas say `oneOf` and mean `anyOf`.
  if (legal > 1 || verdicts.includes('unknown')) return 'unknown';
  return verdictOf(legal === 1);
}

function anyOfVerdict(value: Json, word: Json, at: Place): Verdict {
  const verdicts = schemasIn(word).map((schema) => inner(value, schema, at));
  if (verdicts.includes('legal') || verdicts.length === 0) return 'legal';
  return verdicts.includes('unknown') ? 'unknown' : 'illegal';
}

function itemsVerdict(value: Json[], word: Json, schema: JsonObject, at: Place): Verdict {
  const first = Array.isArray(schema['prefixItems']) ? schema['prefixItems'].length : 0;
  if (Array.isArray(word)) return tupleVerdict(value, word, at);
  return all(value.slice(first).map((item) => inner(item, word, at)));
}

const tupleVerdict = (value: Json[], schemas: Json[], at: Place): Verdict =>
  all(value.slice(0, schemas.length).map((item, index) => inner(item, schemas[index] ?? true, at)));

/** Keys that a pattern may allow are not known to be additional. */
function additionalVerdict(value: JsonObject, word: Json, schema: JsonObject, at: Place): Verdict {
  const declared = membersOf(schema['properties']);
  const extra = Object.keys(value).filter((key) => !Object.hasOwn(declared, key));
  if (extra.length === 0) return 'legal';
  const verdict = all(extra.map((key) => inner(value[key] ?? null, word, at)));
  return verdict === 'illegal' && isObject(schema['patternProperties']) ? 'unknown' : verdict;
}

function conditionVerdict(value: Json, word: Json, schema: JsonObject, at: Place): Verdict {
  const condition = inner(value, word, at);
  const branches = {
    legal: inner(value, schema['then'] ?? true, at),
    illegal: inner(value, schema['else'] ?? true, at),
  };
  if (condition !== 'unknown') return branches[condition];
  return branches.legal === branches.illegal ? branches.legal : 'unknown';
}

function refVerdict(value: Json, word: Json, at: Place): Verdict {
  const target = at.check.target(word);
  return target === undefined ? 'unknown' : inner(value, target, at);
}

const NEGATED = { legal: 'illegal', illegal: 'legal', unknown: 'unknown' } as const;
const unsure: Check = () => 'unknown';

/** What each keyword checks. Keywords that are not here only describe. */
const CHECKS: Readonly<Record<string, Check>> = {
  type: typeVerdict,
  enum: (value, word) => verdictOf(!Array.isArray(word) || word.some((one) => isEqual(one, value))),
  const: (value, word) => verdictOf(isEqual(word, value)),
  allOf: (value, word, _, at) => all(schemasIn(word).map((schema) => inner(value, schema, at))),
  anyOf: (value, word, _, at) => anyOfVerdict(value, word, at),
  oneOf: (value, word, _, at) => oneOfVerdict(value, word, at),
  not: (value, word, _, at) => NEGATED[inner(value, word, at)],
  if: conditionVerdict,
  $ref: (value, word, _, at) => refVerdict(value, word, at),
  $dynamicRef: unsure,
  $recursiveRef: unsure,

  properties: of<JsonObject>('object', (value, word, _, at) =>
    all(
      Object.entries(membersOf(word)).map(([key, schema]) => {
        const member = own(value, key);
        return member === undefined ? 'legal' : inner(member, schema, at);
      }),
    ),
  ),
  required: of<JsonObject>('object', (value, word) =>
    Array.isArray(word) ? verdictOf(word.every((key) => Object.hasOwn(value, String(key)))) : 'unknown',
  ),
  additionalProperties: of<JsonObject>('object', additionalVerdict),
  patternProperties: of('object', unsure),
  propertyNames: of<JsonObject>('object', (value, word, _, at) =>
    all(Object.keys(value).map((key) => inner(key, word, at))),
  ),
  minProperties: bound<JsonObject>('object', (value, least) => Object.keys(value).length >= least),
  maxProperties: bound<JsonObject>('object', (value, most) => Object.keys(value).length <= most),
  dependentRequired: of('object', unsure),
  dependentSchemas: of('object', unsure),
  dependencies: of('object', unsure),
  unevaluatedProperties: of('object', unsure),

  items: of<Json[]>('array', itemsVerdict),
  prefixItems: of<Json[]>('array', (value, word, _, at) => tupleVerdict(value, schemasIn(word), at)),
  additionalItems: of('array', unsure),
  contains: of('array', unsure),
  uniqueItems: of<Json[]>('array', (value, word) =>
    word === true && value.length > 1 ? 'unknown' : 'legal',
  ),
  unevaluatedItems: of('array', unsure),
  minItems: bound<Json[]>('array', (value, least) => value.length >= least),
  maxItems: bound<Json[]>('array', (value, most) => value.length <= most),

  minLength: bound<string>('string', (value, least) => characters(value) >= least),
  maxLength: bound<string>('string', (value, most) => characters(value) <= most),
  pattern: of('string', unsure),
  format: of('string', unsure),
  contentEncoding: of('string', unsure),

  minimum: bound<number>('number', (value, least) => numberOf(value) >= least),
  maximum: bound<number>('number', (value, most) => numberOf(value) <= most),
  // In an old draft these two are true or false, and say how `minimum` and `maximum` are meant.
  exclusiveMinimum: bound<number>('number', (value, least) => numberOf(value) > least),
  exclusiveMaximum: bound<number>('number', (value, most) => numberOf(value) < most),
  multipleOf: of<number>('number', unsure),
};

export class SchemaCheck {
  readonly #root: Json;
  readonly #most: number;
  #steps = 0;

  constructor(root: Json, most = MOST_STEPS) {
    this.#root = root;
    this.#most = most;
  }

  /** True where so much was checked that everything else is unknown. */
  get isSpent(): boolean {
    return this.#steps > this.#most;
  }

  verdict(value: Json, schema = this.#root, depth = 0): Verdict {
    this.#steps++;
    if (this.isSpent || depth > MOST_DEPTH) return 'unknown';
    if (typeof schema === 'boolean') return verdictOf(schema);
    if (!isObject(schema)) return 'unknown';
    const words = schema as JsonObject;
    // In older drafts a reference hides the words beside it.
    if (Object.hasOwn(words, '$ref')) {
      const beside = this.#words(value, words, depth, (word) => word !== '$ref');
      const meant = refVerdict(value, words['$ref'] ?? null, { check: this, depth });
      return meant === 'legal' && beside !== 'legal' ? 'unknown' : meant;
    }
    return this.#words(value, words, depth, () => true);
  }

  #words(value: Json, schema: JsonObject, depth: number, counts: (word: string) => boolean): Verdict {
    const at: Place = { check: this, depth };
    let result: Verdict = 'legal';
    for (const word in schema) {
      const check = Object.hasOwn(CHECKS, word) && counts(word) ? CHECKS[word] : undefined;
      const verdict = check?.(value, schema[word] ?? null, schema, at) ?? 'legal';
      if (verdict === 'illegal') return verdict;
      if (verdict === 'unknown') result = verdict;
    }
    return result;
  }

  /** The schema that a reference into the same document leads to. */
  target(reference: Json): Json | undefined {
    if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
    let found: Json | undefined = this.#root;
    for (const step of reference.split('/').slice(1)) {
      this.#steps++;
      const key = pointerStep(step);
      const isMember =
        typeof found === 'object' && found !== null && key !== undefined && Object.hasOwn(found, key);
      if (!isMember) return undefined;
      found = (found as JsonObject)[key];
    }
    return found;
  }
}
