/** Declarations in the form that Google has always taken. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { modelRow } from '../../../../src/gemini/model-rows.ts';
import type { Json, JsonObject } from '../../../../src/lib/json.ts';
import { validateRequest } from '../../../../src/sim/validator/index.ts';
import {
  bareDeclaration,
  isBare,
  isSimple,
  simpleDeclaration,
} from '../../../../src/translate/request/quarantine/simplify.ts';

const DEFS = {
  $defs: { place: { type: 'object', description: 'where', properties: { x: { type: 'number' } } } },
};

const simple = (schema: JsonObject) =>
  simpleDeclaration({ name: 'look', description: 'look at it', parametersJsonSchema: schema });

const property = (schema: Json): Json | undefined => {
  const { parametersJsonSchema = {} } = simple({ type: 'object', ...DEFS, properties: { a: schema } });
  const properties = parametersJsonSchema['properties'] as JsonObject | undefined;
  return properties?.['a'];
};

const told = (schema: Json, ...words: string[]) =>
  [...words, `JSON Schema: ${JSON.stringify(schema)}`].join('\n\n');

describe('an argument', () => {
  test.each<[name: string, schema: Json, simple: Json | undefined]>([
    ['plain', { type: 'string' }, { type: 'string' }],
    ['described', { description: 'why', type: 'integer' }, { type: 'integer', description: 'why' }],
    [
      'with bounds',
      { type: 'number', minimum: 1, description: 'n' },
      { type: 'number', description: told({ type: 'number', minimum: 1 }, 'n') },
    ],
    ['a choice', { type: 'string', enum: ['a', 'b'] }, { type: 'string', enum: ['a', 'b'] }],
    ['a choice of numbers', { enum: [1, 2] }, { type: 'number', description: told({ enum: [1, 2] }) }],
    [
      'a choice with null',
      { type: ['string', 'null'], enum: ['a', null] },
      { type: 'string', enum: ['a'], description: told({ type: ['string', 'null'], enum: ['a', null] }) },
    ],
    [
      'nested',
      { type: 'object', properties: { b: { type: 'string' } } },
      { type: 'object', description: told({ type: 'object', properties: { b: { type: 'string' } } }) },
    ],
    ['a list', { type: 'array', items: { type: 'string' } }, { type: 'array', items: { type: 'string' } }],
    [
      'a list of anything',
      { type: 'array' },
      { type: 'array', items: { type: 'string' }, description: told({ type: 'array' }) },
    ],
    [
      'a list of lists of references',
      { type: 'array', items: { type: 'array', items: { $ref: '#/$defs/place' } } },
      {
        type: 'array',
        items: { type: 'array', items: { type: 'object' } },
        description: told({ type: 'array', items: { type: 'array', items: { $ref: '#/$defs/place' } } }),
      },
    ],
    [
      'a reference',
      { $ref: '#/$defs/place' },
      {
        type: 'object',
        description: told({ type: 'object', properties: { x: { type: 'number' } } }, 'where'),
      },
    ],
    [
      'an alternative',
      { anyOf: [{ type: 'null' }, { type: 'boolean' }] },
      { type: 'boolean', description: told({ anyOf: [{ type: 'null' }, { type: 'boolean' }] }) },
    ],
    ['a type in capitals', { type: 'STRING' }, { type: 'string', description: told({ type: 'STRING' }) }],
    ['anything', {}, { type: 'string' }],
    ['anything, in a word', true, { type: 'string' }],
    ['a reference to nowhere', { $ref: '#/nowhere' }, { type: 'string' }],
    ['impossible', false, undefined],
  ])('%s', (_name, schema, expected) => {
    expect(property(schema)).toEqual(expected);
  });

  test('a schema that is long is shown in part', () => {
    const schema = { type: 'object', title: '😀'.repeat(2_000) };
    const { description } = property(schema) as { description: string };
    expect(description.length).toBeLessThan(1_020);
    expect(description.isWellFormed()).toBe(true);
  });

  test.each([
    ['many values', Array.from({ length: 100 }, (_, index) => `v${index}`)],
    ['long values', ['v'.repeat(100)]],
    ['an empty value', ['a', '']],
  ])('%s are told, not declared', (_name, values) => {
    const { enum: declared, description } = property({ type: 'string', enum: values }) as JsonObject;
    expect([declared, String(description).startsWith('JSON Schema: {')]).toEqual([undefined, true]);
  });
});

test('required arguments are those that there are', () => {
  const schema = simple({ type: 'object', properties: { a: {}, b: {} }, required: ['b', 'c', 'b', 1] });
  expect(schema.parametersJsonSchema).toMatchObject({ required: ['b'] });
  expect(simple({ type: 'object', properties: { a: {} }, required: ['c'] }).parametersJsonSchema).toEqual({
    type: 'object',
    properties: { a: { type: 'string' } },
  });
});

test('without arguments there is no schema', () => {
  expect(simple({ type: 'object', properties: {}, additionalProperties: true })).toEqual({
    name: 'look',
    description: 'look at it',
  });
});

const key = fc.constantFrom('a', 'b', 'type', '$ref', '__proto__', 'enum');
const anyValue = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    anyValue,
    fc.record({ $ref: fc.constantFrom('#', '#/$defs/place', '#/properties/a', '#/nowhere') }),
    fc.record({ type: fc.constantFrom('array', 'Array'), items: tie('schema') }, { requiredKeys: ['type'] }),
    fc.record({ enum: fc.array(anyValue) }),
    fc.record({
      type: fc.constantFrom<Json>('string', ['null', 'string'], 'null'),
      enum: fc.array(fc.string()),
    }),
    fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }), description: fc.string() }),
    fc.dictionary(key, tie('schema'), { maxKeys: 3 }).map((properties) => ({ properties })),
  ),
})) as { schema: fc.Arbitrary<Json> };

test('whatever the schema: simple once and for all, and within the closed rules of `parameters`', () => {
  const properties = fc.dictionary(key, schema, { maxKeys: 4 }) as fc.Arbitrary<Json>;
  const required = fc.array(key) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(fc.oneof(properties, anyValue), required, (given, names) => {
      const once = simple({ type: 'object', ...DEFS, properties: given, required: names });
      expect(simpleDeclaration(once)).toEqual(once);
      expect(isSimple(once)).toBe(true);
      const bare = bareDeclaration(once);
      expect(bare).toEqual(bareDeclaration(bare));
      expect([isSimple(bare), isBare(bare)]).toEqual([true, true]);
      expect(JSON.stringify(bare)).not.toContain('JSON Schema: ');
      const { parametersJsonSchema: parameters, ...rest } = once;
      const body = {
        tools: [{ functionDeclarations: [{ ...rest, ...(parameters ? { parameters } : {}) }] }],
        contents: [{ role: 'user', parts: [{ text: 'go' }] }],
      };
      expect(validateRequest(modelRow('gemini-4-argon'), body)).toBeUndefined();
    }),
  );
});
