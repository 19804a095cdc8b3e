/**
 * Laws for every schema: Google takes the result, changing it twice changes nothing more, and nothing is changed
 * without need.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import { schemasIn } from '../../../src/translate/request/schema/keywords.ts';
import { toAnswerSchema, toInputSchema } from '../../../src/translate/request/schema/outgoing.ts';
import { Work } from '../../../src/translate/request/schema/work.ts';
import { deepFreeze } from '../../support/translation.ts';

const place = (work: Work, told: string[] = []) => ({
  path: 's',
  warn: (_: string, __: string, detail: string) => told.push(detail),
  work,
});

function translate(schema: JsonObject) {
  const told: string[] = [];
  const sent = toInputSchema(deepFreeze(schema), place(new Work(), told)) ?? {};
  return { sent, told };
}

// ── any schema ────────────────────────────────────────────────────────────────────────────────────────────────

const NAMES = ['a', 'b', 'const', '$ref', 'required', '__proto__'];
const name = fc.constantFrom(...NAMES);
const reference = fc.constantFrom(
  '#',
  '#/$defs/A',
  '#/$defs/B',
  '#/$defs/C',
  '#/properties/a',
  '#/anyOf/0',
  '#x',
  'urn:z',
  'urn:z#/properties/a',
  '#/definitions/Q',
);
const required = fc.oneof(
  fc.array(fc.oneof(name, fc.constant(1)), { maxLength: 3 }),
  fc.boolean(),
  name,
  fc.constant(null),
);
const { schema } = fc.letrec<{ schema: Json }>((tie) => {
  const some = fc.array(tie('schema'), { minLength: 1, maxLength: 3 });
  const named = fc.dictionary(name, tie('schema'), { maxKeys: 3 });
  const branches = (more: Record<string, fc.Arbitrary<unknown>>) =>
    fc.record({ properties: named, required, ...more }, { requiredKeys: [] });
  return {
    schema: fc.oneof(
      { depthSize: 'small' },
      fc.record({ type: fc.constantFrom('string', 'Number', 'any', 'array', ['array', 'null'], null) }),
      fc.record({ const: fc.constantFrom(1, 'a', null) }),
      fc.record({ $ref: reference, required, title: fc.constant('t') }, { requiredKeys: ['$ref'] }),
      branches({ anyOf: some, allOf: some, oneOf: some }),
      branches({ not: tie('schema'), if: tie('schema'), [['th', 'en'].join('')]: tie('schema') }),
      fc.record(
        {
          type: fc.constant('array'),
          items: fc.oneof(tie('schema'), some),
          additionalItems: tie('schema'),
          minItems: fc.constantFrom(0, 1, '2'),
        },
        { requiredKeys: [] },
      ),
      fc.record(
        {
          type: fc.constant('object'),
          properties: fc.oneof({ weight: 5, arbitrary: named }, fc.constantFrom([], null)),
          required,
          $defs: fc.dictionary(fc.constantFrom('A', 'B'), tie('schema'), { maxKeys: 2 }),
          $id: fc.constant('urn:z'),
          $anchor: fc.constant('x'),
          additionalProperties: tie('schema'),
        },
        { requiredKeys: [] },
      ),
      fc.constantFrom<Json>(true, false, null, 'string', []),
    ),
  } as { schema: fc.Arbitrary<Json> };
}) as { schema: fc.Arbitrary<Json> };

const isRoot = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const root = schema.filter(isRoot).map((written) => ({ ...written, type: 'object' }) as JsonObject);
const looseRoot = schema.filter(isRoot).filter(({ type }) => type === undefined);

const refusalOf = (parametersJsonSchema: JsonObject) =>
  validateRequest(modelRow('gemini-4-argon'), {
    contents: [{ role: 'user', parts: [{ text: 'go' }] }],
    tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }],
  });

function everyNode(from: JsonObject): JsonObject[] {
  const all = new Set([from]);
  for (const node of all) for (const [inner] of schemasIn(node)) all.add(inner);
  return [...all];
}

describe('any schema', () => {
  test('becomes one that Google takes', () => {
    fc.assert(
      fc.property(fc.oneof(root, looseRoot), (written) => {
        const { sent } = translate(written);
        expect(sent['type']).toBe('object');
        expect(refusalOf(sent)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test('as that of an answer, too', () => {
    fc.assert(
      fc.property(schema.filter(isRoot), (written) => {
        const responseJsonSchema = toAnswerSchema(deepFreeze(written), place(new Work()));
        const generationConfig = { responseMimeType: 'application/json', responseJsonSchema };
        const contents = [{ role: 'user', parts: [{ text: 'go' }] }];
        expect(validateRequest(modelRow('gemini-4-argon'), { contents, generationConfig })).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('requires only what the same node declares', () => {
    fc.assert(
      fc.property(root, (written) => {
        for (const node of everyNode(translate(written).sent)) {
          const declared = Object.keys((node['properties'] as JsonObject | undefined) ?? {});
          for (const one of (node['required'] as string[] | undefined) ?? []) expect(declared).toContain(one);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is changed once: what was sent would be sent again as it is, and nothing more is told of it', () => {
    fc.assert(
      fc.property(fc.oneof(root, looseRoot), (written) => {
        const { sent } = translate(written);
        const again = translate(sent);
        expect(again.told).toEqual([]);
        expect(again.sent).toBe(sent);
      }),
      { numRuns: 1_000 },
    );
  });

  test('that Google takes already, and that holds nothing it ignores, is shared and not copied', () => {
    const plain = root.filter((written) => refusalOf(written) === undefined && isHonoured(written));
    fc.assert(
      fc.property(plain, (written) => {
        const parts = new Set(everyNode(written));
        for (const node of everyNode(translate(written).sent)) expect(parts.has(node)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

/**
 * References by id become pointers, which Google is known to follow. Google accepts `const`, tuples of old drafts and
 * `required` of draft 3, but does not understand them, so they are rewritten.
 */
const isHonoured = (written: JsonObject): boolean =>
  everyNode(written).every(
    ({ const: only, items, required: names, type = 'string', minItems }) =>
      only === undefined &&
      !Array.isArray(items) &&
      (names === undefined || Array.isArray(names)) &&
      ['string', 'array', 'object'].includes(String(type)) &&
      typeof minItems !== 'string',
  ) && !/"if"|"\\$ref":"urn:/.test(JSON.stringify(written));
