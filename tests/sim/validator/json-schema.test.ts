/** What Google refuses in a JSON Schema, in its words, and what it takes. */
import { describe, expect, test } from 'bun:test';
import { refusedSchema } from '../../../src/sim/validator/json-schema.ts';

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const node = (required: string[], next: object, more: object = {}) => ({
  ...object({ n: { $ref: '#/$defs/N' } }),
  $defs: { N: object({ next, ...more }, { required }) },
});
const SELF = { $ref: '#/$defs/N' };
const LOOP =
  'ref loops are only supported if they include optional or nullable property values, or a potentially-zero-length array items, but a ref loop of required fields was found at ';

describe('refused', () => {
  test.each<[string, unknown, string]>([
    [
      'an undeclared name',
      object({ a: {} }, { required: ['a', 'x'] }),
      "schema at top-level requires unspecified property 'x'",
    ],
    [
      'one further in',
      object({ a: { items: object({}, { required: ['y'] }) } }),
      "schema at properties.a.items requires unspecified property 'y'",
    ],
    [
      'one in an alternative, although declared around it',
      object({ a: {} }, { anyOf: [{}, { required: ['a'] }] }),
      "schema at anyOf.1 requires unspecified property 'a'",
    ],
    ['a list of properties', { properties: [] }, 'value for properties at top-level must be an object'],
    [
      'a tuple',
      object({ a: { items: [{}] } }),
      'schema at properties.a.items must be a boolean or an object',
    ],
    ['no schema', object({ a: null }), 'schema at properties.a must be a boolean or an object'],
    ['none at all', 'string', 'schema at top-level must be a boolean or an object'],
    ['a word', object({ a: { type: 'str' } }), "unrecognized type 'str' at properties.a"],
    ['draft 3', object({ a: { required: true } }), 'value for required at properties.a must be a list'],
    ['a lost reference', { anyOf: [{ $ref: '#/$defs/x' }] }, 'reference to undefined schema at anyOf.0'],
    ['a lost reference at the top', { $ref: '#/x' }, 'reference to undefined schema at top-level'],
    ['a required circle', node(['next'], SELF), `${LOOP}$defs.N.properties.next`],
    [
      'a nullable one',
      node(['next'], { anyOf: [SELF, { type: 'null' }] }),
      `${LOOP}$defs.N.properties.next.anyOf.0`,
    ],
    [
      'a list that is not empty',
      node(['next'], { type: 'array', items: SELF, minItems: 1 }),
      `${LOOP}$defs.N.properties.next.items`,
    ],
    [
      'a nullable list',
      node(['next'], { type: ['array', 'null'], items: SELF }),
      `${LOOP}$defs.N.properties.next.items`,
    ],
    [
      'a map of itself',
      { ...SELF, $defs: { N: { additionalProperties: SELF } } },
      `${LOOP}$defs.N.additionalProperties`,
    ],
    ['the root itself', object({ yes: { $ref: '#' } }, { required: ['yes'] }), `${LOOP}properties.yes`],
  ])('%s', (_name, schema, sentence) => {
    expect(refusedSchema(schema) ?? '').toBe(sentence);
  });
});

describe('taken', () => {
  test.each<[string, unknown]>([
    ['booleans', object({ a: true, b: { items: false } })],
    ['names of every object', object({ toString: {} }, { required: ['toString'] })],
    ['types in capitals', { type: 'OBJECT', properties: { a: { type: ['String', 'NULL'] } } }],
    [
      'values that look like schemas',
      object({ a: { default: { required: ['x'], $ref: 'x' }, enum: [{ type: 'x' }] } }),
    ],
    ['a circle through an optional property', node([], SELF)],
    ['a circle through a list', node(['next'], { type: 'array', items: SELF })],
    ['a circle through a list with a maximum', node(['next'], { items: SELF, minItems: 0, maxItems: 3 })],
  ])('%s', (_name, schema) => {
    expect(refusedSchema(schema)).toBeUndefined();
  });
});
