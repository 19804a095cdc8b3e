/** A name in `required` moves to where its property is declared, or is left out. */
import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../../src/lib/json.ts';
import { toInputSchema } from '../../../src/translate/request/schema/outgoing.ts';
import { Work } from '../../../src/translate/request/schema/work.ts';
import { deepFreeze } from '../../support/translation.ts';

function translate(schema: JsonObject) {
  const told: string[] = [];
  const warn = (_: string, __: string, detail: string) => told.push(detail);
  const sent = toInputSchema(deepFreeze(schema), { path: 's', warn, work: new Work() }) ?? {};
  return { sent, told };
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});
const needs = (...required: string[]) => ({ required });
/** Not written out, because the linter takes an object with a `then` for a promise. */
const THEN = 'then';
const ODD = object({ b: {} }, needs('b', 'c'));
const EVEN = object({ b: {} }, needs('b'));

describe('a name that is not declared', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['at the root', ODD, EVEN],
    ['the only one', object({ b: {} }, needs('c')), object({ b: {} })],
    ['without properties', { type: 'object', ...needs('c') }, { type: 'object' }],
    ['in a property', object({ a: ODD }), object({ a: EVEN })],
    ['in items', object({ a: { items: ODD } }), object({ a: { items: EVEN } })],
    ['in a tuple', object({ a: { items: [ODD] } }), object({ a: { prefixItems: [EVEN] } })],
    ['in a definition', object({}, { $defs: { D: ODD } }), object({}, { $defs: { D: EVEN } })],
    ['in an alternative', object({ a: { anyOf: [ODD, {}] } }), object({ a: { anyOf: [EVEN, {}] } })],
    [
      'in a pattern',
      object({}, { patternProperties: { x: ODD } }),
      object({}, { patternProperties: { x: EVEN } }),
    ],
    [
      'in other properties',
      object({}, { additionalProperties: ODD }),
      object({}, { additionalProperties: EVEN }),
    ],
    [
      'in what follows',
      object({}, { if: {}, [THEN]: ODD, else: ODD }),
      object({}, { if: {}, [THEN]: EVEN, else: EVEN }),
    ],
    [
      'in an array of arrays',
      object({ a: { items: { items: ODD } } }),
      object({ a: { items: { items: EVEN } } }),
    ],
    [
      'beside a reference',
      object({ a: { $ref: '#/$defs/D', ...needs('b') } }, { $defs: { D: EVEN } }),
      object({ a: { $ref: '#/$defs/D' } }, { $defs: { D: EVEN } }),
    ],
    ['inherited by every object', object({}, needs('toString')), object({})],
  ])('%s', (_name, written, sent) => {
    const { sent: got, told } = translate(written);
    expect(got).toEqual(sent);
    const left = told.filter((detail) => detail.endsWith(' names no property of its schema and is left out'));
    expect(left).toHaveLength(1);
  });

  test.each<[string, JsonObject]>([
    ['doubles', { required: ['a', 'a'] }],
    ['no strings', { required: ['a', 1, null, ['a']] }],
    ['a bare name', { required: 'a' }],
  ])('a list with %s', (_name, more) => {
    expect(translate(object({ a: {} }, more)).sent).toEqual(object({ a: {} }, needs('a')));
  });

  test.each([null, true, { a: true }, 'gone'])('no list: %j', (required) => {
    expect(translate(object({ a: {} }, { required })).sent).toEqual(object({ a: {} }));
  });
});

test('draft 3: a property says that it is required', () => {
  const written = object(
    { a: { type: 'string', required: true }, b: { required: false }, c: {} },
    needs('c'),
  );
  expect(translate(written)).toEqual({
    sent: object({ a: { type: 'string' }, b: {}, c: {} }, needs('c', 'a')),
    told: [],
  });
});

describe('what a branch asks of the schema around it', () => {
  const both = object({ a: {}, b: {} });

  test('is asked there where all of it holds', () => {
    expect(translate({ ...both, allOf: [needs('a'), { title: 'B', ...needs('b') }] })).toEqual({
      sent: { ...both, allOf: [{ title: 'B' }], ...needs('a', 'b') },
      told: [],
    });
  });

  test('is asked there through a reference', () => {
    const $defs = { N: needs('a') };
    expect(translate({ ...both, allOf: [{ $ref: '#/$defs/N' }], $defs }).sent).toEqual({
      ...both,
      allOf: [{ $ref: '#/$defs/N' }],
      $defs: { N: {} },
      ...needs('a'),
    });
  });

  test.each(['anyOf', 'oneOf'])('is told in words where one of it holds: %s', (keyword) => {
    expect(translate({ ...both, description: 'Root.', [keyword]: [needs('a'), needs('b')] }).sent).toEqual({
      ...both,
      description: 'Root.\nGive the arguments of one of: {a} | {b}.',
    });
  });

  test('is asked there where each alternative asks for it', () => {
    const [one, other] = [object({ x: {} }, needs('a', 'x')), object({ y: {} }, needs('a', 'y'))];
    expect(translate({ ...both, anyOf: [one, other] }).sent).toEqual({
      ...both,
      anyOf: [object({ x: {} }, needs('x')), object({ y: {} }, needs('y'))],
      ...needs('a'),
    });
  });

  test('of alternatives that now say less, more than one may fit', () => {
    const one = object({ x: {} }, needs('a', 'x'));
    const { sent } = translate({ ...both, oneOf: [one, { ...needs('b'), title: 'B' }] });
    expect(sent).toMatchObject({ anyOf: [object({ x: {} }, needs('x')), { title: 'B' }] });
    expect(sent).not.toHaveProperty('oneOf');
  });
});

test('what is asked around a branch goes to the branch that declares it', () => {
  const branch = object({ a: {} });
  expect(translate({ type: 'object', allOf: [branch], ...needs('a') })).toEqual({
    sent: { type: 'object', allOf: [{ ...branch, ...needs('a') }] },
    told: [],
  });
  const other = object({ b: {} });
  expect(translate({ type: 'object', oneOf: [branch, other], ...needs('a') }).sent).toEqual({
    type: 'object',
    oneOf: [{ ...branch, ...needs('a') }, other],
  });
});

describe('where to say less would be to forbid more', () => {
  test('not', () => {
    const { sent, told } = translate(object({ a: {} }, { not: needs('a'), title: 'T' }));
    expect(sent).toEqual(object({ a: {} }, { title: 'T' }));
    expect(told.at(-1)).toBe('not: left out, for Google cannot be told all of it');
    const whole = object({}, { not: object({ a: { enum: [1] } }, needs('a')) });
    expect(translate(whole).sent).toBe(whole);
  });

  test('if', () => {
    const kind = { if: object({ k: { enum: ['x'] } }, needs('k')), [THEN]: { title: 'then' } };
    const whole = object({}, kind);
    expect(translate(whole).sent).toBe(whole);
    const { sent } = translate(object({ a: {} }, { ...kind, if: needs('a'), else: {} }));
    expect(sent).toEqual(object({ a: {} }));
  });
});
