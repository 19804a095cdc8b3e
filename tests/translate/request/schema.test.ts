/** Schemas go out verbatim but for the root, references that lead nowhere, and `const`. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { modelRow } from '../../../src/gemini/models.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import { toInputSchema } from '../../../src/translate/request/schema.ts';
import { deepFreeze } from '../../support/translation.ts';

function translate(schema: JsonObject) {
  const told: string[] = [];
  const sent = toInputSchema(deepFreeze(schema), { path: 's', warn: (_, __, detail) => told.push(detail) });
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
    ['an object with alternatives', object({}, { anyOf: [{ required: ['a'] }, { required: ['b'] }] })],
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
  test('definitions further in are inlined', () => {
    const inner = { $defs: { A: { type: 'string' } }, properties: { x: { $ref: '#/$defs/A', title: 'X' } } };
    const { sent, told } = translate(object({ a: inner }));
    expect(sent['properties']).toEqual({
      a: { ...inner, properties: { x: { type: 'string', title: 'X' } } },
    });
    expect(told).toEqual(['$ref #/$defs/A is inlined']);
  });

  test('an id is inlined', () => {
    const { sent } = translate(
      object({ a: { $ref: 'urn:a' } }, { $defs: { A: { $id: 'urn:a', type: 'number' } } }),
    );
    expect(sent['properties']).toEqual({ a: { $id: 'urn:a', type: 'number' } });
  });

  test('a cycle ends', () => {
    const node = { $id: 'urn:n', properties: { next: { $ref: 'urn:n' } } };
    const { sent } = translate(object({ a: { $ref: 'urn:n' } }, { $defs: { N: node } }));
    expect(JSON.stringify(sent)).not.toContain('$ref');
  });

  test('definitions that all name each other stay small, and what is left open is told', () => {
    const names = [...'abcdefgh'];
    const all = object(Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }])));
    const inner = { $ref: '#/$defs/a', $defs: Object.fromEntries(names.map((name) => [name, all])) };
    const { sent, told } = translate(object({ x: inner, y: { type: 'string' } }));
    const text = JSON.stringify(sent);
    expect(text.length).toBeLessThan(10_000);
    expect(text).not.toContain('$ref');
    expect(told).toContain('$ref #/$defs/a is inlined');
    expect(told).toContain('$ref #/$defs/h is left open further in');
    expect(new Set(told).size).toBe(told.length);
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

  test('a reference into a merged alternative is inlined', () => {
    const { sent } = translate({
      oneOf: [object({ a: { type: 'string' } }), object({ b: { $ref: '#/oneOf/0/properties/a' } })],
    });
    expect(sent['properties']).toEqual({ a: { type: 'string' }, b: { type: 'string' } });
  });

  test('that can be no object is refused in the words of the API', () => {
    expect(() => translate({ type: 'string' })).toThrow("s.type: Input should be 'object'");
  });
});

const reference = fc.constantFrom(
  '#',
  '#/$defs/A',
  '#/$defs/B',
  '#/properties/a',
  '#x',
  'urn:z',
  '#/definitions/Q',
);
const { schema } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.constantFrom('string', 'number') }),
    fc.record({ const: fc.constantFrom(1, 'a', null) }),
    fc.record({ $ref: reference }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }), title: fc.constant('t') }),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'const', '$ref'), tie('schema'), { maxKeys: 3 }),
        $defs: fc.dictionary(fc.constantFrom('A', 'B'), tie('schema'), { maxKeys: 2 }),
      },
      { requiredKeys: [] },
    ),
  ),
}));

test('any schema becomes one that Google takes', () => {
  fc.assert(
    fc.property(schema, (written) => {
      const root = written as JsonObject;
      if (root['type'] !== undefined && root['type'] !== 'object') return;
      const parametersJsonSchema = translate(root).sent;
      expect(parametersJsonSchema['type']).toBe('object');
      const body = {
        contents: [{ role: 'user', parts: [{ text: 'go' }] }],
        tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }],
      };
      expect(validateRequest(modelRow('gemini-4-argon'), body)).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});
