/**
 * Schemas go out unchanged, except for the root, references that lead nowhere, `const`, and values of the wrong kind.
 */
import { describe, expect, test } from 'bun:test';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { toInputSchema } from '../../../src/translate/request/schema/outgoing.ts';
import { Work } from '../../../src/translate/request/schema/work.ts';
import { deepFreeze } from '../../support/translation.ts';

function translate(schema: JsonObject) {
  const told: string[] = [];
  const work = new Work();
  const warn = (_: string, __: string, detail: string) => told.push(detail);
  const sent = toInputSchema(deepFreeze(schema), { path: 's', warn, work }) ?? {};
  return { sent, told };
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});

describe('verbatim', () => {
  test.each<[string, JsonObject]>([
    [
      'keywords of every draft',
      object({ a: { type: ['integer', 'null'], exclusiveMinimum: 0, default: 1, 'x-y': 2 } }),
    ],
    ['references that resolve', object({ a: { $ref: '#/$defs/A' } }, { $defs: { A: { type: 'string' } } })],
    ['a schema that holds itself', object({ a: { $ref: '#' } })],
    ['an anchor', object({ a: { $ref: '#here' } }, { $defs: { A: { $anchor: 'here' } } })],
    ['an escaped pointer', object({ a: { $ref: '#/$defs/a~1b%20c' } }, { $defs: { 'a/b c': {} } })],
    [
      'properties named like keywords',
      object({ const: {}, $ref: {}, default: {}, enum: {}, properties: {}, type: {} }),
    ],
    [
      'values that look like keywords',
      object({ a: { default: { const: 1, $ref: 'x' }, enum: [{ const: 2 }] } }),
    ],
    [
      'requirements of what is declared',
      object(
        { a: { type: 'array', prefixItems: [object({ b: {} }, { required: ['b'] })] } },
        { required: [] },
      ),
    ],
    [
      'alternatives that declare what they ask for',
      object({}, { anyOf: [object({ a: {} }, { required: ['a'] }), object({ b: {} }, { required: ['b'] })] }),
    ],
    ['no properties', { type: 'object' }],
  ])('%s', (_, schema) => {
    const { sent, told } = translate(schema);
    expect(sent).toBe(schema);
    expect(told).toEqual([]);
  });
});

describe('const', () => {
  test('is an enum of one, wherever a schema stands', () => {
    const { sent } = translate(
      object({
        a: { const: 'x', title: 'A' },
        b: { oneOf: [{ const: null }, { items: { const: 1 } }] },
        const: { const: true },
      }),
    );
    expect(sent['properties']).toEqual({
      a: { title: 'A', enum: ['x'] },
      b: { oneOf: [{ enum: [null] }, { items: { enum: [1] } }] },
      const: { enum: [true] },
    });
  });
});

describe('references that do not resolve', () => {
  test('definitions further in are written where references find them', () => {
    const A = { type: 'string' };
    const inner = { $defs: { A }, properties: { x: { $ref: '#/$defs/A', title: 'X' } } };
    const { sent, told } = translate(object({ a: inner }));
    expect(sent).toEqual(object({ a: inner }, { $defs: { A } }));
    expect(told).toEqual(['$ref #/$defs/A has its definition at the root now']);
    const { sent: named } = translate(object({ a: inner }, { $defs: { B: {} } }));
    expect(named['$defs']).toEqual({ B: {}, A });
  });

  test('the definition nearest by is meant, and each has a name of its own', () => {
    const inner = (type: string) => ({ $defs: { A: { type } }, properties: { x: { $ref: '#/$defs/A' } } });
    const { sent, told } = translate(object({ a: inner('string'), b: inner('number') }));
    expect(sent['$defs']).toEqual({ A: { type: 'string' }, A_2: { type: 'number' } });
    expect(sent['properties']).toEqual({
      a: inner('string'),
      b: { ...inner('number'), properties: { x: { $ref: '#/$defs/A_2' } } },
    });
    expect(told.at(-1)).toBe('$ref #/$defs/A is written as #/$defs/A_2');
  });

  test.each<[string, string, string]>([
    ['an id', 'urn:a', '#/$defs/A'],
    ['an id with a place', 'urn:a#/properties/b', '#/$defs/b'],
    ['the root by its id', 'https://example.com/root.json', '#'],
    ['a definition by the id of the root', 'https://example.com/root.json#/$defs/A', '#/$defs/A'],
    ['an id by its file', 'b.json', '#/$defs/B'],
    ['a place in it', './b.json#/$defs/C', '#/$defs/C'],
  ])('%s', (_name, $ref, pointer) => {
    const A = { $id: 'urn:a', properties: { b: { type: 'number' } } };
    const B = { $id: 'https://example.com/b.json', $defs: { C: { type: 'string' } } };
    const root = object({ a: { $ref } }, { $id: 'https://example.com/root.json', $defs: { A, B } });
    const { sent, told } = translate(root);
    expect(sent['properties']).toEqual({ a: { $ref: pointer } });
    expect(told).toEqual([`$ref ${$ref} is written as ${pointer}`]);
  });

  test('definitions that all name each other are each written once', () => {
    const names = [...'abcdefgh'];
    const all = () => object(Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }])));
    const inner = { $ref: '#/$defs/a', $defs: Object.fromEntries(names.map((name) => [name, all()])) };
    const { sent } = translate(object({ x: inner, y: { type: 'string' } }));
    expect(Object.keys(sent['$defs'] ?? {}).toSorted()).toEqual(names);
    expect(JSON.stringify(sent).length).toBeLessThan(2.1 * JSON.stringify(inner).length);
  });

  test('of very many changes some are told', () => {
    const lost = Array.from({ length: 50 }, (_, index) => ({ $ref: `#/gone/${index}` }));
    const { told } = translate(object({ a: { prefixItems: lost } }));
    expect([told.length, told.at(-1)]).toEqual([21, '30 more changes of this kind']);
  });

  test.each<[string, JsonObject]>([
    ['OpenAPI', { components: { schemas: { A: object({ b: {} }, { required: ['b', 'gone'] }) } } }],
    ['a keyword of its own', { 'x-types': { A: object({ b: {} }, { required: ['b', 'gone'] }) } }],
    ['an older draft', { dependencies: { A: object({ b: {} }, { required: ['b', 'gone'] }) } }],
    ['a value', { default: { A: object({ b: {} }, { required: ['b', 'gone'] }) } }],
  ])(
    'what is referred to where no schemas stand is written as a definition, and put right: %s',
    (_, more) => {
      const [at = '', inner = {}] = Object.entries(more)[0] ?? [];
      const $ref = `#/${at}/${Object.hasOwn(inner as object, 'schemas') ? 'schemas/' : ''}A`;
      const { sent, told } = translate(object({ a: { $ref } }, more));
      expect(sent['properties']).toEqual({ a: { $ref: '#/$defs/A' } });
      expect(sent['$defs']).toEqual({ A: object({ b: {} }, { required: ['b'] }) });
      expect(told).toHaveLength(2);
    },
  );

  test('what stands under a keyword of its own is kept, but for references that name no schema', () => {
    const kept = { 'x-a': { $ref: '#/$defs/A' }, default: { $ref: '#/gone' } };
    const { sent, told } = translate(
      object({ a: { ...kept, 'x-b': [{ $ref: '#/gone' }] } }, { $defs: { A: {} } }),
    );
    expect(sent['properties']).toEqual({ a: kept });
    expect(told).toEqual(['x-b: holds a $ref that names no schema, and is left out']);
  });

  test('one that names nothing is left out and told, its neighbours stay', () => {
    const { sent, told } = translate(object({ a: { $ref: 'https://example.com/a.json', title: 'A' } }));
    expect(sent['properties']).toEqual({ a: { title: 'A' } });
    expect(told).toEqual(['$ref https://example.com/a.json names nothing and is left out']);
  });
});

describe('the root', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['without a type', { properties: { a: {} } }, { properties: { a: {} }, type: 'object' }],
    ['nullable', { type: ['object', 'null'] }, { type: 'object' }],
    [
      'allOf',
      { allOf: [object({ a: {} }, { required: ['a'] }), object({ b: {} }, { required: ['b'] })] },
      object({ a: {}, b: {} }, { required: ['a', 'b'] }),
    ],
    [
      'a reference',
      { $ref: '#/$defs/A', $defs: { A: object({ a: {} }) } },
      { ...object({ a: {} }), $defs: { A: object({ a: {} }) } },
    ],
    ['a reference to itself', { $ref: '#' }, object({})],
  ])('%s', (_, schema, sent) => {
    expect(translate(schema).sent).toEqual(sent);
  });

  test('alternatives are merged: all properties, what all of them require, and a word on which belong together', () => {
    const { sent } = translate({
      description: 'Root.',
      anyOf: [
        object(
          { kind: { const: 'a' }, x: { type: 'string' } },
          { required: ['kind', 'x'], additionalProperties: false },
        ),
        object(
          { kind: { const: 'b' }, y: { type: 'string' } },
          { required: ['kind', 'y'], additionalProperties: false },
        ),
        { type: 'null' },
      ],
    });
    expect(sent).toEqual({
      type: 'object',
      description: 'Root.\nGive the arguments of one of: {kind, x} | {kind, y}.',
      properties: {
        kind: { anyOf: [{ enum: ['a'] }, { enum: ['b'] }] },
        x: { type: 'string' },
        y: { type: 'string' },
      },
      required: ['kind'],
      additionalProperties: false,
    });
  });

  test('a reference into a merged alternative is still followed', () => {
    const { sent } = translate({
      oneOf: [object({ a: { type: 'string' } }), object({ b: { $ref: '#/oneOf/0/properties/a' } })],
    });
    expect(sent).toMatchObject({
      properties: { a: { type: 'string' }, b: { $ref: '#/$defs/a' } },
      $defs: { a: { type: 'string' } },
    });
  });

  test('that can be no object is refused in the words of the API', () => {
    expect(() => translate({ type: 'string' })).toThrow("s.type: Input should be 'object'");
  });
});

describe('values of the wrong kind', () => {
  const of = (schema: JsonObject) => (translate(object({ a: schema })).sent['properties'] as JsonObject)['a'];

  test.each<[string, Json]>([
    ['an empty list (PHP)', []],
    ['null', null],
    ['a string', 'none'],
    ['a list of nothing named', [1, { type: 'string' }]],
  ])('properties: %s', (_name, properties) => {
    expect(translate({ type: 'object', properties }).sent).toEqual(object({}));
  });

  test('properties that tell their names are properties', () => {
    const properties = [{ name: 'a', type: 'string' }, { name: 'b' }];
    expect(translate({ type: 'object', properties, required: ['a'] }).sent).toEqual(
      object({ a: { type: 'string' }, b: {} }, { required: ['a'] }),
    );
  });

  test.each<[string, Json, Json]>([
    ['a bare type', 'String', { type: 'string' }],
    ['another word', 'whatever', {}],
    ['null', null, {}],
    ['a list', [{ type: 'string' }], {}],
    ['true', true, true],
    ['false', false, false],
  ])('a schema: %s', (_name, written, sent) => {
    const { sent: whole } = translate(object({ a: written, b: { items: written } }));
    expect(whole['properties']).toEqual(
      // A list in `items` is a tuple.
      { a: sent, b: Array.isArray(written) ? { prefixItems: written } : { items: sent } },
    );
  });

  test.each<[string, JsonObject, JsonObject]>([
    ['a tuple', { items: [{}, { type: 'null' }] }, { prefixItems: [{}, { type: 'null' }] }],
    [
      'a closed tuple',
      { items: [{}], additionalItems: false, minItems: 1 },
      { minItems: 1, prefixItems: [{}], items: false },
    ],
    ['a tuple of nothing', { type: 'array', items: [] }, { type: 'array' }],
    ['both kinds of tuple', { items: [{}], prefixItems: [{}, {}] }, { prefixItems: [{}, {}] }],
    ['one alternative', { anyOf: { type: 'string' } }, { anyOf: [{ type: 'string' }] }],
    [
      'alternatives by their types',
      { anyOf: ['string', 'null'] },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
    ],
    ['alternatives that are none', { anyOf: ['a', null, {}], oneOf: [], allOf: 'b' }, { anyOf: [{}] }],
    ['a type in capitals', { type: 'STRING' }, { type: 'string' }],
    ['a type of another language', { type: ['str', 'None'] }, { type: ['string', 'null'] }],
    ['types written in YAML', { type: ['string', null] }, { type: ['string', 'null'] }],
    ['a type that is none', { type: 'any', title: 'A' }, { title: 'A' }],
    ['types that are schemas', { type: [{ type: 'string' }] }, {}],
    ['one value', { enum: 'a' }, { enum: ['a'] }],
    ['no value', { enum: [], minLength: 1 }, { minLength: 1 }],
    ['bounds of draft 4', { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
    ['a bound that is taken', { maximum: 9, exclusiveMaximum: false }, { maximum: 9 }],
    ['a bound without a bound', { exclusiveMaximum: true }, {}],
    ['a number as text', { maxLength: '3', minimum: 'low' }, { maxLength: 3 }],
    ['a description that is none', { description: ['a'], title: 1, type: 'null' }, { type: 'null' }],
    ['a reference that is none', { $ref: { a: 1 } }, {}],
    ['definitions that are none', { $defs: [], definitions: 'x' }, { $defs: {}, definitions: {} }],
  ])('%s', (_name, written, sent) => {
    expect(of(written)).toEqual(sent);
  });
});
