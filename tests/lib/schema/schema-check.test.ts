/** The verdicts of the schema check, also beside those of an independent validator. */
import { describe, expect, test } from 'bun:test';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { exactNumber } from '../../../src/lib/exact-json.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { SchemaCheck, type Verdict } from '../../../src/lib/schema/schema-check.ts';

const verdict = (schema: Json, value: Json): Verdict => new SchemaCheck(schema).verdict(value);

/** A schema that wants `b` where `a` is there, or where `a` is not there. */
const conditional = (branch: 'then' | 'else') => ({ if: { required: ['a'] }, [branch]: { required: ['b'] } });
const closed = { type: 'object', properties: { a: {} }, additionalProperties: false };

describe('the verdict', () => {
  test.each<[string, Json, Json, Verdict]>([
    ['true takes anything', true, 1, 'legal'],
    ['false takes nothing', false, 1, 'illegal'],
    ['a type', { type: 'string' }, 'x', 'legal'],
    ['another type', { type: 'string' }, 1, 'illegal'],
    ['one of several types', { type: ['string', 'null'] }, null, 'legal'],
    ['null where OpenAPI allows null', { type: 'string', nullable: true }, null, 'legal'],
    ['a whole number', { type: 'integer' }, 3, 'legal'],
    ['a broken number as a whole one', { type: 'integer' }, 3.5, 'illegal'],
    ['a whole number with a fraction of zero', { type: 'integer' }, exactNumber('3.0'), 'legal'],
    [
      'a number with more digits than a number holds',
      { type: 'integer' },
      exactNumber('9'.repeat(20)),
      'legal',
    ],
    ['a type that no draft knows', { type: 'any' }, 1, 'unknown'],
    ['an enum', { enum: ['a', 1] }, 1, 'legal'],
    ['an enum and the same number in other digits', { enum: [1] }, exactNumber('1.0'), 'legal'],
    ['an enum without the value', { enum: ['a', 1] }, 'b', 'illegal'],
    ['a const', { const: { a: [1] } }, { a: [1] }, 'legal'],
    ['a missing key', { required: ['a'] }, {}, 'illegal'],
    ['a key too many', closed, { a: 1, b: 2 }, 'illegal'],
    [
      'a key too many that a pattern may allow',
      { ...closed, patternProperties: { '^b': {} } },
      { b: 2 },
      'unknown',
    ],
    [
      'an own key that is inherited elsewhere',
      { properties: { constructor: { type: 'string' } } },
      {},
      'legal',
    ],
    ['an item', { items: { type: 'string' } }, ['a', 1], 'illegal'],
    [
      'items after the first ones',
      { prefixItems: [{ type: 'number' }], items: { type: 'string' } },
      [1, 'a'],
      'legal',
    ],
    ['a tuple of an old draft', { items: [{ type: 'number' }] }, ['a'], 'illegal'],
    ['too few items', { minItems: 2 }, [1], 'illegal'],
    ['one of any', { anyOf: [{ type: 'string' }, { type: 'number' }] }, 1, 'legal'],
    ['none of any', { anyOf: [{ type: 'string' }, { type: 'number' }] }, null, 'illegal'],
    ['two of one: many schemas mean any', { oneOf: [{ type: 'number' }, { type: 'integer' }] }, 1, 'unknown'],
    ['not', { not: { type: 'string' } }, 'x', 'illegal'],
    ['a condition', conditional('then'), { a: 1 }, 'illegal'],
    ['its other branch', conditional('else'), {}, 'illegal'],
    ['a pattern, which is not run', { type: 'string', pattern: '^(a+)+$' }, 'b', 'unknown'],
    ['a format', { type: 'string', format: 'date' }, 'b', 'unknown'],
    ['a pattern at a number', { type: 'string', pattern: 'x' }, 1, 'illegal'],
    ['a length in characters', { maxLength: 1 }, '😀', 'legal'],
    ['a bound', { minimum: 2 }, 1, 'illegal'],
    ['a bound as an old draft writes it', { minimum: 2, exclusiveMinimum: true }, 2, 'unknown'],
    ['a reference', { $ref: '#/$defs/a', $defs: { a: { type: 'string' } } }, 1, 'illegal'],
    ['a reference that leads nowhere', { $ref: '#/$defs/b' }, 1, 'unknown'],
    ['a reference to elsewhere', { $ref: 'https://example.com/a.json' }, 1, 'unknown'],
    [
      'words beside a reference, which an old draft hides',
      { $ref: '#/$defs/a', $defs: { a: {} }, type: 'string' },
      1,
      'unknown',
    ],
    [
      'a reference to itself',
      { properties: { a: { $ref: '#' } }, required: ['a'] },
      { a: { a: {} } },
      'illegal',
    ],
    ['a loop', { $ref: '#' }, 1, 'unknown'],
    ['what is no schema', 'x', 1, 'unknown'],
  ])('%s', (_, schema, value, expected) => {
    expect(verdict(schema, value)).toBe(expected);
  });

  test('of work without end is unknown', () => {
    const twice = { anyOf: [{ $ref: '#' }, { $ref: '#' }], not: {} };
    const check = new SchemaCheck(twice, 1_000);
    expect([check.verdict(1), check.isSpent]).toEqual(['unknown', true]);
  });
});

// ── beside ajv ───────────────────────────────────────────────────────────────────────────────────────────────

const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('a', 'b', 'true', ''),
  fc.boolean(),
  fc.constant(null),
);
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

const key = fc.constantFrom('a', 'b', 'c');

/** Schemas that lie in each other to this depth. */
const schemaOf = (depth: number): fc.Arbitrary<JsonObject> => {
  const inner = depth > 0 ? schemaOf(depth - 1) : undefined;
  const some = inner && fc.array(inner, { minLength: 1, maxLength: 2 });
  const words: Record<string, fc.Arbitrary<Json>> = {
    type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'array', 'object'),
    enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }),
    required: fc.uniqueArray(key, { maxLength: 2 }),
    minimum: fc.integer({ min: -2, max: 2 }),
    maxLength: fc.integer({ min: 0, max: 3 }),
    minItems: fc.integer({ min: 0, max: 2 }),
    maxProperties: fc.integer({ min: 0, max: 2 }),
    uniqueItems: fc.boolean(),
    ...(inner && some
      ? {
          properties: fc.dictionary(key, inner, { maxKeys: 2 }),
          additionalProperties: fc.oneof(fc.boolean(), inner),
          items: inner,
          prefixItems: some,
          anyOf: some,
          oneOf: some,
          allOf: some,
          not: inner,
        }
      : {}),
  };
  // Few words at a time: a schema of many takes nothing.
  return fc
    .uniqueArray(fc.constantFrom(...Object.keys(words)), { minLength: 1, maxLength: 3 })
    .chain((names) =>
      fc.record(Object.fromEntries(names.map((name) => [name, words[name] ?? fc.constant(true)]))),
    ) as fc.Arbitrary<JsonObject>;
};
const schema = schemaOf(2);

test('never contradicts an independent validator', () => {
  const isLegal = (rules: JsonObject, given: Json) =>
    new Ajv2020({ strict: false, validateSchema: false }).compile(rules)(given);
  const seen = { legal: 0, illegal: 0, unknown: 0 };
  fc.assert(
    fc.property(schema, value, (rules, given) => {
      const is = verdict(rules, given);
      seen[is]++;
      if (is !== 'unknown') expect(is).toBe(isLegal(rules, given) ? 'legal' : 'illegal');
    }),
    { numRuns: 250 },
  );
  expect(Math.min(seen.legal, seen.illegal)).toBeGreaterThan(0);
});
