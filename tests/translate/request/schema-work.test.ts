/**
 * The work for a schema grows with its size, whatever its kind. A schema that is too large goes out in a simple form,
 * or is refused.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { MessagesError } from '../../../src/anthropic/errors.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import { toAnswerSchema, toInputSchema } from '../../../src/translate/request/schema/outgoing.ts';
import { TooMuchWork, Work } from '../../../src/translate/request/schema/work.ts';

const place = (work: Work, told: string[] = []) => ({
  path: 's',
  warn: (_: string, __: string, detail: string) => told.push(detail),
  work,
});

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});
const range = (size: number) => Array.from({ length: size }, (_, index) => index);
const names = <T>(size: number, make: (index: number) => T) =>
  Object.fromEntries(range(size).map((index) => [`n${index}`, make(index)]));
const to = (index: number) => ({ $ref: `#/$defs/n${index}` });

/** A schema of about `size` nodes, of a kind that could take more time than its size suggests. */
const KINDS: readonly (readonly [name: string, make: (size: number) => JsonObject])[] = [
  [
    'a root whose references branch',
    (size) => ({ ...to(0), $defs: names(size, (index) => ({ allOf: [to(index + 1), to(index + 1)] })) }),
  ],
  [
    'alternatives that branch',
    (size) => ({ ...to(0), $defs: names(size, (index) => ({ anyOf: [to(index + 1), to(index + 1)] })) }),
  ],
  [
    'arguments whose references branch',
    (size) =>
      object({ a: to(0) }, { $defs: names(size, (index) => object({ x: to(index + 1), y: to(index + 1) })) }),
  ],
  [
    'required arguments whose references branch and run in a circle',
    (size) =>
      object(
        { a: to(0) },
        {
          $defs: names(size, (index) =>
            object({ x: to((index + 1) % size), y: to((index + 7) % size) }, { required: ['x', 'y'] }),
          ),
        },
      ),
  ],
  [
    'unions that name each other',
    (size) => {
      const count = Math.ceil(Math.sqrt(size));
      return { ...to(0), $defs: names(count, () => ({ anyOf: range(count).map(to) })) };
    },
  ],
  [
    'unions that name each other, out of sight',
    (size) => {
      const count = Math.ceil(Math.sqrt(size));
      return object({ a: { ...to(0), $defs: names(count, () => ({ oneOf: range(count).map(to) })) } });
    },
  ],
  [
    'a wide union',
    (size) => ({
      oneOf: range(size).map((index) =>
        object({ [`p${index}`]: {}, k: { const: index } }, { required: ['k'] }),
      ),
    }),
  ],
  [
    'a wide union of one chain',
    (size) => ({
      anyOf: range(size).map(to),
      $defs: names(size, (index) => ({ properties: { [`p${index}`]: {} }, allOf: [to(index + 1)] })),
    }),
  ],
  [
    'anchors',
    (size) =>
      object(
        names(size, (index) => ({ $ref: `#anchor${index}` })),
        { $defs: names(size, (index) => ({ $anchor: `anchor${index}` })) },
      ),
  ],
  [
    'ids',
    (size) =>
      object(
        names(size, (index) => ({ $ref: `urn:${index}` })),
        { $defs: names(size, (index) => ({ $id: `urn:${index}`, properties: { q: {} } })) },
      ),
  ],
  ['constants', (size) => object(names(size, (index) => ({ const: index })))],
  ['references to nothing', (size) => object(names(size, (index) => ({ $ref: `#/gone/${index}` })))],
  [
    'names that are required nowhere',
    (size) => object({}, { required: range(size).map((index) => `r${index}`) }),
  ],
  [
    'branches that ask for what is declared around them',
    (size) =>
      object(
        names(size, () => ({})),
        { allOf: range(size).map((index) => ({ required: [`n${index}`] })) },
      ),
  ],
  ['many values', (size) => object({ a: { enum: range(size) } })],
  [
    'deep nests of definitions',
    (size) =>
      object(
        names(size / 20, (tree) =>
          range(20).reduce<JsonObject>(
            (inner, level) => ({
              $defs: { inner },
              $id: `urn:${tree}:${level}`,
              properties: {
                x: { $ref: '#/$defs/inner' },
                y: { $ref: `urn:${tree}:${Math.max(0, level - 1)}` },
              },
            }),
            {},
          ),
        ),
      ),
  ],
];

const stepsFor = (written: JsonObject): number => {
  const work = new Work();
  toInputSchema(written, place(work));
  return work.steps;
};

describe('work grows with the size of the schema', () => {
  test.each(KINDS)('%s', (_name, make) => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), (times) => {
        const [small, large] = [stepsFor(make(100)), stepsFor(make(100 * times))];
        expect(large).toBeLessThanOrEqual(1.5 * times * small);
      }),
      { numRuns: 4 },
    );
  });
});

describe('a schema over the budget', () => {
  const deep = (levels: number) =>
    range(levels).reduce<JsonObject>((inner) => object({ a: inner }, { required: ['a'] }), {
      type: 'string',
    });

  test.each<[string, JsonObject]>([
    ['too deep', object({ a: deep(100), b: { type: 'number' } }, { required: ['b', 'c'] })],
    ['too large', object({ a: { enum: range(250_000) }, b: { type: 'number' } }, { required: ['b', 'c'] })],
  ])('goes out in a simple form: %s', (_name, written) => {
    const told: string[] = [];
    const sent = toInputSchema(written, place(new Work(), told));
    expect(sent).toMatchObject({ properties: { b: { type: 'number' } }, required: ['b'] });
    const tools = [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: sent }] }];
    const contents = [{ role: 'user', parts: [{ text: 'go' }] }];
    expect(validateRequest(modelRow('gemini-4-argon'), { contents, tools })).toBeUndefined();
    expect(told).toEqual(['too large or too deep to be read whole: sent in a simple form']);
  });

  test('of all schemas together, the last ones go out in a simple form', () => {
    const work = new Work(500);
    const written = object(names(20, (index) => ({ const: index })));
    const simple = range(6).map(() => {
      const told: string[] = [];
      toInputSchema(written, place(work, told));
      return told.length > 0;
    });
    expect(simple.indexOf(true)).toBeGreaterThan(1);
    expect(simple.slice(simple.indexOf(true)).every(Boolean)).toBe(true);
  });

  test('with too many arguments even for that is refused, as is one of an answer', () => {
    const many = object(names(70_000, () => ({})));
    expect(() => toInputSchema(many, place(new Work()))).toThrow(MessagesError);
    expect(() => toInputSchema(many, place(new Work()))).toThrow('s.properties: too many');
    expect(() => toAnswerSchema(object({ a: deep(100) }), place(new Work()))).toThrow(
      's: the schema is too large',
    );
  });

  test('is left before it is read to its end', () => {
    const work = new Work(10);
    expect(() => work.add(11)).toThrow(TooMuchWork);
  });
});
