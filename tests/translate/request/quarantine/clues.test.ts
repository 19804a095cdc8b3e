/** Google's sentences about a place in a schema: which declaration each is about, for certain or perhaps. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UpstreamError } from '../../../../src/gemini/errors.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../../../../src/gemini/wire.ts';
import type { JsonObject } from '../../../../src/lib/json.ts';
import { culpritsOf, suspectsOf } from '../../../../src/translate/request/quarantine/culprits.ts';
import { trialsFor } from '../../../../src/translate/request/quarantine/search.ts';

const declare = (name: string, parametersJsonSchema: JsonObject): FunctionDeclaration => ({
  name,
  parametersJsonSchema,
});
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});
const TEXT = { type: 'string' };

/** Each is wrong in one way. */
const ODD = [
  declare('top', object({ a: TEXT }, { required: ['a', 'x'] })),
  declare('items', object({ a: { type: 'array', items: object({ b: TEXT }, { required: ['y'] }) } })),
  declare('branch', object({ a: { anyOf: [TEXT, object({}, { required: ['kind'] })] } })),
  declare('dots', object({ 'a.b': object({ c: TEXT }, { required: ['z'] }) })),
  declare('list', { type: 'object', properties: [] }),
  declare('tuple', object({ t: { items: [TEXT] } })),
  declare('type', object({ a: TEXT }, { type: 'any' })),
  declare(
    'loop',
    object(
      { n: { $ref: '#/$defs/N' } },
      { $defs: { N: object({ next: { $ref: '#/$defs/N' } }, { required: ['next'] }) } },
    ),
  ),
  declare('bare', object({ a: TEXT, q: TEXT }, { required: ['q'] })),
];

const requestWith = (
  functionDeclarations: FunctionDeclaration[],
  answer?: JsonObject,
): GenerateContentRequest => ({
  contents: [],
  tools: [{ functionDeclarations }],
  ...(answer ? { generationConfig: { responseJsonSchema: answer } } : {}),
});
const refusal = (message: string) => new UpstreamError('status', message, { status: 400, google: {} });

const named = (message: string, request = requestWith(ODD)) => {
  const found = culpritsOf(refusal(message), request);
  return found?.kind === 'named' ? found.culprits.map(({ declaration }) => declaration.name) : undefined;
};
const suspected = (message: string, request = requestWith(ODD)) =>
  suspectsOf(refusal(message), request)?.declarations.map(({ name }) => name);

const LOOPS =
  'ref loops are only supported if they include optional or nullable property values, or a potentially-zero-length array items, but a ref loop of required fields was found at';

describe('whose schema is meant', () => {
  test.each<[string, string]>([
    ["schema at top-level requires unspecified property 'x'", 'top'],
    ['schema at top-level requires unspecified property: "x"', 'top'],
    ["Invalid JSON schema: schema at properties.a.items requires unspecified property 'y'", 'items'],
    ["schema at properties.a.anyOf.1 requires unspecified property 'kind'", 'branch'],
    ["schema at properties.a.b requires unspecified property 'z'.", 'dots'],
    ['value for properties at top-level must be an object', 'list'],
    ['schema at properties.t.items must be a boolean or an object', 'tuple'],
    ["unrecognized type 'any' at top-level", 'type'],
    [`${LOOPS} $defs.N.properties.next`, 'loop'],
    ['reference to undefined schema at properties.n', 'loop'],
    ["required fields ['x'] are not defined in the schema properties", 'top'],
    ["required fields ['y', 'kind_of'] are not defined in the schema properties.", 'items'],
    // Right by our reading, and present in only one of them.
    ["schema at top-level requires unspecified property 'q'", 'bare'],
    ["required fields ['q'] are not defined in the schema properties", 'bare'],
  ])('%s', (message, name) => {
    expect(named(message)).toEqual([name]);
  });

  test('a place in the request is told beside it, and wins', () => {
    const place = 'GenerateContentRequest.tools[0].function_declarations[3].parameters';
    expect(named(`* ${place}: required fields ['x'] are not defined in the schema properties\n`)).toEqual([
      'dots',
    ]);
    expect(named(`* ${place}: schema at top-level requires unspecified property 'x'\n`)).toEqual(['dots']);
  });

  test.each([
    [
      '$ref',
      "$ref 'Option' was set alongside unsupported fields. If a schema node has $ref set, then only description and default can be set alongside it",
    ],
    ['ref', "Schema.ref 'Option' was set alongside unsupported fields."],
  ])('a %s with too much beside it, by its name alone', (keyword, message) => {
    const $defs = { Option: object({ a: TEXT }) };
    const referring = (name: string, more: JsonObject) =>
      declare(name, object({ o: { [keyword]: '#/$defs/Option', description: 'd', ...more } }, { $defs }));
    const request = requestWith([referring('good', {}), referring('bad', { title: 'One' }), ...ODD]);
    expect(named(message, request)).toEqual(['bad']);
  });

  test.each<[string, string, string[]]>([
    [
      'all that have something there',
      'value for type at top-level must be a nicer one',
      ODD.map(({ name }) => name),
    ],
    ['all that refer to something', 'reference to undefined schema at properties.a.x', ['loop', 'other']],
    ['all, where nothing fits', 'The schema is odd.', [...ODD.map(({ name }) => name), 'other']],
  ])('none for sure: %s', (_name, message, names) => {
    const request = requestWith([...ODD, declare('other', { properties: { o: { $ref: '#' } } })]);
    expect(named(message, request)).toBeUndefined();
    expect(suspected(message, request)).toEqual(names);
  });

  test.each<[string, JsonObject]>([
    ["Invalid response_json_schema: schema at top-level requires unspecified property 'gone'", object({})],
    ["schema at properties.r requires unspecified property 'r'", object({ r: { required: ['r'] } })],
    ['reference to undefined schema at properties.r', object({ r: { $ref: '#/gone' } })],
    ['The schema is odd.', object({})],
    ['A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.', object({})],
  ])("the answer's: %s", (message, answer) => {
    const request = requestWith([declare('plain', object({ a: TEXT }))], answer);
    expect([named(message, request), suspected(message, request)]).toEqual([undefined, undefined]);
  });
});

test('nobody is suspected where there are too many tools', () => {
  const message =
    'The GenerateContentRequest proto is invalid:\n  * tools[0].function_declarations: [FIELD_INVALID] At most 512 function declarations can be specified.';
  expect([named(message), suspected(message)]).toEqual([undefined, undefined]);
});

describe('a refusal that says nothing', () => {
  const many = (count: number) =>
    requestWith(
      Array.from({ length: count }, (_, index) => declare(`t${index}`, object({ a: { minLength: 1 } }))),
    );

  test('is about a tool where they are very many', () => {
    expect(suspected('Request contains an invalid argument.', many(20))).toHaveLength(20);
    expect(suspected('Request contains an invalid argument.', many(19))).toBeUndefined();
  });

  test.each([
    'API key not valid. Please pass a valid API key.',
    'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
    'allowed_function_names should be a subset of the provided function_calling_config',
    'Request contains an invalid argument. The image is broken.',
    'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
  ])('not: %s', (message) => {
    expect(suspected(message, many(40))).toBeUndefined();
  });
});

describe('a search', () => {
  const things = (count: number) => Array.from({ length: count }, (_, index) => index);
  /**
   * Asks until everything bad has a form that is accepted; returns how often it asked, and which forms were sent in the
   * end.
   */
  function searched(count: number, bad: readonly number[], taken = ['bare', 'dropped'], mayDrop = true) {
    let asked = 0;
    for (const { form, of } of trialsFor({ all: things(count), droppable: mayDrop ? things(count) : [] })) {
      asked++;
      if (taken.includes(form) && bad.every((one) => of.includes(one))) return { asked, form, of };
    }
    return { asked };
  }

  test('finds one in a part, later ones first, and at the latest all', () => {
    expect(searched(8, [7])).toEqual({ asked: 1, form: 'bare', of: [4, 5, 6, 7] });
    expect(searched(8, [3])).toEqual({ asked: 2, form: 'bare', of: [2, 3] });
    expect(searched(8, [0])).toEqual({ asked: 4, form: 'bare', of: [0] });
    expect(searched(8, [0, 7])).toEqual({ asked: 6, form: 'bare', of: things(8) });
    expect(searched(8, [0, 7], ['simplified'])).toEqual({ asked: 5, form: 'simplified', of: things(8) });
    expect(searched(8, [8])).toEqual({ asked: 6 });
    expect(searched(0, [0])).toEqual({ asked: 0 });
  });

  test('of one keeps as much as is taken', () => {
    for (const [index, form] of (['simplified', 'bare', 'dropped'] as const).entries())
      expect(searched(1, [0], [form])).toEqual({ asked: index + 1, form, of: [0] });
    expect(searched(1, [0], ['dropped'], false)).toEqual({ asked: 2 });
  });

  test('of a few leaves one out where nothing else helps', () => {
    expect(searched(2, [0], ['dropped'])).toEqual({ asked: 6, form: 'dropped', of: [0] });
    expect(searched(3, [1], ['dropped'])).toEqual({ asked: 6, form: 'dropped', of: [1] });
    expect(searched(2, [0], ['dropped'], false)).toEqual({ asked: 4 });
  });

  test('asks six times at most, whatever is bad', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.nat(600), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (count, bad, mayDrop) => {
          const { asked, of } = searched(count, bad, ['bare'], mayDrop);
          expect(asked).toBeLessThanOrEqual(6);
          expect(of === undefined).toBe(bad.some((one) => one >= count));
        },
      ),
    );
  });

  test('over several answers finds the very one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (count, seed) => {
        const bad = seed % count;
        let suspects: readonly number[] = things(count);
        let answers = 0;
        for (; suspects.length > 1 || answers === 0; answers++) {
          const attempts = [...trialsFor({ all: suspects, droppable: [] })];
          suspects = attempts.find(({ form, of }) => form === 'bare' && of.includes(bad))?.of ?? [];
        }
        expect(suspects).toEqual([bad]);
        expect(answers).toBeLessThanOrEqual(10);
      }),
    );
  });
});
