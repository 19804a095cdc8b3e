/** Arguments that do not fit the client's schema: repaired where one thing only can be meant, and left alone otherwise. */
import { describe, expect, test } from 'bun:test';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { exactNumber } from '../../../../src/lib/exact-json.ts';
import type { Json, JsonObject } from '../../../../src/lib/json.ts';
import { fitArguments } from '../../../../src/translate/response/arguments/fit-arguments.ts';

const object = (
  properties: JsonObject,
  required: string[] = Object.keys(properties),
  more: JsonObject = {},
) => ({
  type: 'object',
  properties,
  required,
  ...more,
});
const text = { type: 'string' };
const number = { type: 'number' };
const flag = { type: 'boolean' };
const list = { type: 'array', items: text };
const closed = { additionalProperties: false };

const READ = object(
  { file_path: text, limit: { type: 'integer' }, offset: { type: 'integer' } },
  ['file_path'],
  closed,
);
const EDIT = object({ file_path: text, old_string: text, new_string: text });

describe('repaired', () => {
  test.each<[string, JsonObject, JsonObject, JsonObject, string[]]>([
    [
      'a key in another case',
      EDIT,
      { filePath: '/a', old_string: 'x', new_string: 'y' },
      { file_path: '/a', old_string: 'x', new_string: 'y' },
      ['filePath renamed to file_path'],
    ],
    [
      'all keys in another case',
      EDIT,
      { filePath: '/a', oldString: 'x', 'new-string': 'y' },
      { file_path: '/a', old_string: 'x', new_string: 'y' },
      [
        'filePath renamed to file_path',
        'oldString renamed to old_string',
        'new-string renamed to new_string',
      ],
    ],
    [
      'a key with a wrong letter',
      READ,
      { file_paht: '/a' },
      { file_path: '/a' },
      ['file_paht renamed to file_path'],
    ],
    [
      'an optional key in another spelling, where no other key may be',
      READ,
      { file_path: '/a', ofset: 3 },
      { file_path: '/a', offset: 3 },
      ['ofset renamed to offset'],
    ],
    [
      'a renamed key and its value',
      READ,
      { file_path: '/a', Limit: '3' },
      { file_path: '/a', limit: 3 },
      ['Limit renamed to limit', 'limit read as number'],
    ],
    [
      'what is wrapped in input',
      EDIT,
      { input: { file_path: '/a', old_string: 'x', new_string: 'y' } },
      { file_path: '/a', old_string: 'x', new_string: 'y' },
      ['taken out of input'],
    ],
    [
      'what is wrapped in parameters, as text',
      READ,
      { parameters: '{"file_path":"/a","limit":"3"}' },
      { file_path: '/a', limit: 3 },
      ['taken out of parameters', 'limit read as number'],
    ],
    [
      'what is wrapped under the name of the tool',
      READ,
      { Read: { file_path: '/a' } },
      { file_path: '/a' },
      ['taken out of Read'],
    ],
    [
      'what is wrapped twice',
      READ,
      { input: { args: { file_path: '/a' } } },
      { file_path: '/a' },
      ['taken out of input.args'],
    ],
    [
      'a wrapper with nothing in it',
      object({ n: number }, [], closed),
      { input: {} },
      {},
      ['taken out of input'],
    ],
    [
      'true in quotation marks',
      object({ all: flag }),
      { all: 'true' },
      { all: true },
      ['all read as boolean'],
    ],
    ['a number in quotation marks', object({ n: number }), { n: '-3.5' }, { n: -3.5 }, ['n read as number']],
    [
      'a number of many digits',
      object({ n: { type: 'integer' } }),
      { n: '12345678901234567890' },
      { n: exactNumber('12345678901234567890') },
      ['n read as number'],
    ],
    ['a number of an enum', object({ n: { enum: [1, 2] } }), { n: '2' }, { n: 2 }, ['n read as number']],
    [
      'the one reading that fits',
      object({ n: { anyOf: [flag, number] } }),
      { n: '3' },
      { n: 3 },
      ['n read as number'],
    ],
    [
      'null for an optional key',
      READ,
      { file_path: '/a', limit: null, offset: null },
      { file_path: '/a' },
      ['limit dropped: null', 'offset dropped: null'],
    ],
    [
      'a list in a text',
      object({ items: list }),
      { items: '["a","b"]' },
      { items: ['a', 'b'] },
      ['items read as array'],
    ],
    [
      'an object in a text, and what is wrong in it',
      object({ at: object({ n: number }) }),
      { at: ' {"n": "1"}' },
      { at: { n: 1 } },
      ['at read as object', 'at.n read as number'],
    ],
    [
      'deep inside',
      object({ edits: { type: 'array', items: EDIT } }),
      { edits: [{ filePath: '/a', old_string: 'x', new_string: 'y' }] },
      { edits: [{ file_path: '/a', old_string: 'x', new_string: 'y' }] },
      ['edits.0.filePath renamed to file_path'],
    ],
    [
      'through a reference',
      { $ref: '#/$defs/a', $defs: { a: object({ n: number }) } },
      { n: '1' },
      { n: 1 },
      ['n read as number'],
    ],
    [
      'in one of two forms',
      { anyOf: [object({ n: number }), object({ s: text, f: flag })] },
      { s: 'x', f: 'false' },
      { s: 'x', f: false },
      ['f read as boolean'],
    ],
    [
      'in a part of the schema',
      { type: 'object', allOf: [object({ n: number }), object({ f: flag })] },
      { n: '1', f: 'true' },
      { n: 1, f: true },
      ['n read as number', 'f read as boolean'],
    ],
    [
      'a value of a free key',
      object({}, [], { additionalProperties: number }),
      { a: '1' },
      { a: 1 },
      ['a read as number'],
    ],
    [
      'beside a pattern, which is not run',
      object({ n: number, p: { type: 'string', pattern: '^(a+)+$' } }),
      { n: '1', p: 'b' },
      { n: 1, p: 'b' },
      ['n read as number'],
    ],
  ])('%s', (_, schema, args, expected, notes) => {
    const before = JSON.stringify(args);
    expect(fitArguments(args, schema)).toEqual({ args: expected, notes, fits: true });
    expect(JSON.stringify(args)).toBe(before);
  });

  test('the keys keep their order', () => {
    const { args } = fitArguments({ old_string: 'x', filePath: '/a', new_string: 'y' }, EDIT);
    expect(Object.keys(args)).toEqual(['old_string', 'file_path', 'new_string']);
  });
});

describe('left as they are', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['a legal key that resembles a required one', object({ path: text }, []), { paht: 'x' }],
    [
      'a text that could be a number, where texts are legal',
      object({ n: { type: ['string', 'number'] } }),
      { n: '3' },
    ],
    ['null where null is legal', object({ n: { type: ['string', 'null'] } }, []), { n: null }],
    ['a wrapper that is declared', object({ input: { type: 'object' } }), { input: { a: 1 } }],
    ['an unknown key with an object of its own', object({ n: number }, [], closed), { other: { m: 1 } }],
    ['a wrapper with something beside it', READ, { input: { file_path: '/a' }, limit: 3 }],
    ['JSON in a text, where a text is wanted', object({ content: text }), { content: '{"a":1}' }],
    ['a required key that is missing', EDIT, { file_path: '/a', old_string: 'x' }],
    ['null for a required key', EDIT, { file_path: '/a', old_string: 'x', new_string: null }],
    ['two keys for one name', object({ file_path: text }), { filePath: '/a', 'file-path': '/b' }],
    ['one key for two names', object({ name_a: text, name_b: text }), { name_c: 'x' }],
    ['a name that is there already', READ, { file_path: '/a', filePath: '/b' }],
    ['a name of three letters with one of them wrong', object({ url: text }), { uri: 'x' }],
    ['a renamed key whose value does not fit', object({ limit: number }), { Limit: 'many' }],
    ['two readings', object({ n: { anyOf: [{ const: 1 }, { type: 'array' }] } }), { n: 'x' }],
    ['a number where a text is wanted', object({ s: text }), { s: 3 }],
    ['a text that is nearly a number', object({ n: number }), { n: '3 apples' }],
    ['a half that cannot be repaired keeps the other half', object({ n: number, s: text }), { n: '1', s: 2 }],
    ['an unknown key that may not be there', READ, { file_path: '/a', encoding: 'utf8' }],
    ['a schema that nobody understands', { $ref: 'https://example.com/a' }, { n: '1' }],
    ['a schema that takes nothing', { not: {} }, { n: '1' }],
  ])('%s', (_, schema, args) => {
    const fitted = fitArguments(args, schema);
    expect(fitted.notes).toEqual([]);
    expect(fitted.args).toBe(args);
  });

  test('two wrong letters in two names', () => {
    const schema = object({ first_name: text, second_name: text });
    const args = { first_nmae: 'x', second_nmae: 'y' };
    expect(fitArguments(args, schema).args).toBe(args);
  });

  test('a schema whose check would never end', () => {
    const loop = { properties: { a: { anyOf: [{ $ref: '#/properties/a' }, { $ref: '#/properties/a' }] } } };
    const args = { a: '1' };
    expect(fitArguments(args, { ...loop, required: ['b'] }).args).toBe(args);
  });

  test('a key that would reach a prototype', () => {
    const args = JSON.parse('{"__proto__":"1","limit":"2"}') as JsonObject;
    const { args: fitted } = fitArguments(args, object({ limit: number }));
    expect(JSON.stringify(fitted)).toBe('{"__proto__":"1","limit":2}');
  });
});

// ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Schemas, each with a legal value. */
const LEAVES: readonly (readonly [JsonObject, Json])[] = [
  [text, 'x'],
  [number, 1.5],
  [flag, true],
  [list, ['a']],
  [{ type: 'integer' }, 3],
  [{ type: ['string', 'null'] }, null],
  [{ enum: ['a', 1, true] }, 1],
  [{ anyOf: [flag, number] }, 2],
  [{ type: 'string', maxLength: 2 }, '1'],
];
const NAMES = ['file_path', 'filePath', 'limit', 'input'];
const NOISE: readonly Json[] = ['a', '1', 'true', '["x"]', 'null', null, true, 1, 1.5, ['x'], {}];

/** A schema with legal arguments for it, and the same arguments with one of them spoilt. */
const given = fc
  .record({
    leaves: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...LEAVES), { minKeys: 1, maxKeys: 3 }),
    required: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
    additionalProperties: fc.boolean(),
    spoilt: fc.record({
      name: fc.constantFrom(...NAMES),
      to: fc.constantFrom(...NAMES, 'file-path', 'Limit'),
      noise: fc.option(fc.constantFrom(...NOISE), { nil: undefined }),
    }),
  })
  .map(({ leaves, required, additionalProperties, spoilt: { name, to, noise } }) => {
    const properties = Object.fromEntries(Object.entries(leaves).map(([key, [rules]]) => [key, rules]));
    const args = Object.fromEntries(Object.entries(leaves).map(([key, [, value]]) => [key, value]));
    const { [name]: value, ...rest } = args;
    const wrong: JsonObject = value === undefined ? args : { ...rest, [to]: noise ?? value };
    const wanted = required.filter((key) => Object.hasOwn(properties, key));
    return { schema: { type: 'object', properties, required: wanted, additionalProperties }, args, wrong };
  });

test('legal arguments are never touched, and what was repaired is legal', () => {
  const seen = { legal: 0, repaired: 0 };
  fc.assert(
    fc.property(given, ({ schema, args, wrong }) => {
      const isLegal = new Ajv2020({ strict: false, validateSchema: false }).compile(schema);
      expect(fitArguments(args, schema).args).toBe(args);
      const fitted = fitArguments(wrong, schema);
      const isAlone = fitted.args === wrong;
      seen[isAlone ? 'legal' : 'repaired']++;
      if (isLegal(wrong)) expect(isAlone).toBe(true);
      else if (!isAlone) expect(isLegal(fitted.args)).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.legal, seen.repaired)).toBeGreaterThan(0);
});
