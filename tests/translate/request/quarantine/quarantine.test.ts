/** Tool declarations that Google refuses: which one its words mean, and what is sent instead. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UpstreamError } from '../../../../src/gemini/errors.ts';
import type { FunctionDeclaration, GenerateContentRequest } from '../../../../src/gemini/wire.ts';
import type { Json, JsonObject } from '../../../../src/lib/json.ts';
import {
  mendedTools,
  type Reach,
  withReplaced,
} from '../../../../src/translate/request/quarantine/quarantine.ts';

const refusal = (message: string, google = {}) =>
  new UpstreamError('status', message, { status: 400, google });

const NESTED = {
  type: 'object',
  properties: { a: { type: 'object', properties: { b: { $ref: '#/$defs/b' } } } },
};
const PLAIN = { type: 'object', properties: { q: { type: 'string' } } };

const declare = (name: string, schema: JsonObject | null = NESTED): FunctionDeclaration =>
  schema ? { name, description: `${name} it`, parametersJsonSchema: schema } : { name };

const requestWith = (
  declarations: readonly FunctionDeclaration[],
  more: Partial<GenerateContentRequest> = {},
): GenerateContentRequest => ({
  systemInstruction: { parts: [{ text: 'be good' }] },
  tools: [{ functionDeclarations: [...declarations] }],
  ...more,
  contents: [{ role: 'user', parts: [{ text: 'go' }] }],
});

/** `look: simplified, read: dropped`: the declarations that differ from those sent. */
function fatesOf(message: string, request: GenerateContentRequest, reach: Reach = 'named', google = {}) {
  const mending = mendedTools(refusal(message, google), request, reach);
  return mending?.changes.map(({ declaration, fate }) => `${declaration.name} ${fate}`);
}

const sentTools = (request: GenerateContentRequest | undefined) =>
  request?.tools?.flatMap(({ functionDeclarations }) => functionDeclarations ?? []) ?? [];

const THREE = requestWith([declare('look'), declare('search_jobs'), declare('read', PLAIN)]);
const LIST = '* GenerateContentRequest.tools[0].function_declarations';
const JSON_PARSER = 'Invalid JSON payload received. Unknown name';
const NAME_RULE = 'Invalid function name. Must start with a letter or an underscore.';

describe('the declaration that Google means', () => {
  test.each<[name: string, message: string, fates: string[]]>([
    [
      'an object without properties',
      `${LIST}[1].parameters.properties: should be non-empty for OBJECT type\n`,
      ['search_jobs simplified'],
    ],
    [
      'a list without items',
      `${LIST}[0].parameters.properties[x].items: missing field.\n`,
      ['look simplified'],
    ],
    [
      'a required argument that is none',
      `${LIST}[0].parameters.required[0]: property is not defined\n`,
      ['look simplified'],
    ],
    [
      'a format, of one that is simple',
      `${LIST}[2].parameters.properties[url].format: only 'enum' and 'date-time' are supported for STRING type\n`,
      ['read dropped'],
    ],
    ['a name', `${LIST}[1].name: ${NAME_RULE}\n`, ['search_jobs dropped']],
    [
      'a name, as the proto check says it',
      `The GenerateContentRequest proto is invalid:\n  * tools[0].function_declarations[1].name: [FIELD_INVALID] ${NAME_RULE}`,
      ['search_jobs dropped'],
    ],
    [
      'an unknown keyword',
      `${JSON_PARSER} "const" at 'tools[0].function_declarations[1].parameters.properties[3].value.items': Cannot find field.`,
      ['search_jobs simplified'],
    ],
    [
      'several at once, in camel case',
      `${JSON_PARSER} "$schema" at 'request.tools[0].functionDeclarations[0].parameters': Cannot find field.\n` +
        `${JSON_PARSER} "$schema" at 'request.tools[0].functionDeclarations[2].parameters': Cannot find field.\n`,
      ['look simplified', 'read dropped'],
    ],
    [
      'a number, whose place has no number of a tool',
      "Invalid value at 'request.tools.function_declarations[1].parameters.properties[3].value.enum[0]' (TYPE_STRING), 1",
      ['search_jobs simplified'],
    ],
    [
      'by its name, with the place inside',
      'Unable to submit request because `search_jobs` functionDeclaration `parameters.employment_types` schema specified other fields alongside any_of. When using any_of, it must be the only field set.',
      ['search_jobs simplified'],
    ],
    [
      'by its name',
      'Unable to submit request because `look` functionDeclaration parameters schema should be of type OBJECT. Learn more: https://cloud.google.com/',
      ['look simplified'],
    ],
    [
      'a reference, by its place',
      'reference to undefined schema at properties.a.properties.b',
      ['look simplified', 'search_jobs simplified'],
    ],
  ])('%s', (_name, message, fates) => {
    expect(fatesOf(message, THREE)).toEqual(fates);
  });

  test('a reference is looked for at its very place first', () => {
    const here = { type: 'object', properties: { t: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/t' }] } } };
    const request = requestWith([declare('elsewhere'), declare('here', here)]);
    expect(fatesOf('reference to undefined schema at properties.t.anyOf.1', request)).toEqual([
      'here simplified',
    ]);
  });

  test("a reference that may be the answer's own schema's is not looked for in the tools", () => {
    const generationConfig = { responseJsonSchema: { $ref: '#/$defs/x' } };
    const request = requestWith([declare('look')], { generationConfig });
    expect(fatesOf('reference to undefined schema at ', request)).toBeUndefined();
  });

  test('of two with one name the later one goes', () => {
    const request = requestWith([declare('look'), declare('read'), declare('look')]);
    const mending = mendedTools(refusal('Duplicate function declaration found: look'), request);
    expect(sentTools(mending?.request).map(({ name }) => name)).toEqual(['look', 'read']);
    expect(mending?.changes.map(({ holdsFor }) => holdsFor)).toEqual(['place']);
  });

  test('the details name it where the message does not', () => {
    const violation = { field: 'tools[0].function_declarations[1].parameters', description: 'bad' };
    const google = { details: [{ '@type': 'BadRequest', fieldViolations: [violation] }] };
    expect(fatesOf('Request contains an invalid argument.', THREE, 'named', google)).toEqual([
      'search_jobs simplified',
    ]);
  });

  test.each([
    'Request contains an invalid argument.',
    'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
    'API key not valid. Please pass a valid API key.',
    'Corrupted thought signature.',
    `${LIST}[7].parameters: not one that was sent`,
    'Unable to submit request because `other` functionDeclaration `parameters` …',
    "* GenerateContentRequest.tools[0].tool_type: required one_of 'tool_type' must have one initialized field",
    'allowed_function_names should be a subset of the provided function_declarations',
  ])('none: %s', (message) => {
    expect(mendedTools(refusal(message), THREE, 'everything')).toBeUndefined();
  });

  test('the sentence that is told is the one about it, and whole: who shows it hides secrets, and cuts it', () => {
    const message = `${LIST}[0].parameters: first\n${LIST}[1].parameters: ${'long '.repeat(200)}\n`;
    const [first, second] = mendedTools(refusal(message), THREE)?.changes ?? [];
    expect(first?.because).toBe('GenerateContentRequest.tools[0].function_declarations[0].parameters: first');
    expect(second?.because).toEndWith('long long long');
  });
});

const STATES =
  'The specified schema produces a constraint that has too many states for serving. Typical causes …';
const DEPTH = 'A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.';
const calling = (mode: 'ANY' | 'VALIDATED' | 'AUTO', ...names: string[]) => ({
  toolConfig: {
    functionCallingConfig: { mode, ...(names.length > 0 ? { allowedFunctionNames: names } : {}) },
  },
});
const answerSchema = { generationConfig: { responseJsonSchema: { type: 'object' } } };

describe('schemas that are refused together', () => {
  const four = [declare('look'), declare('read', PLAIN), declare('go'), declare('bare', null)];

  test.each([
    ['in AUTO', STATES, {}, 2],
    ['with calls held to their schemas', STATES, calling('VALIDATED'), 2],
    ['of one that must be called', DEPTH, calling('ANY', 'go'), 1],
    ['by a cycle', 'maximum schema depth exceeded', {}, 2],
    ["beside an answer's schema", DEPTH, { ...calling('VALIDATED'), ...answerSchema }, 2],
    // The model answers in JSON and may call: its calls need not keep to a schema.
    ["no: the answer's schema", DEPTH, answerSchema, undefined],
    ['no: the one that must be called is simple', STATES, calling('ANY', 'read'), undefined],
  ])('%s', (_name, message, more, count) => {
    expect(mendedTools(refusal(message), requestWith(four, more))?.sweep?.count).toBe(count);
  });

  test('nothing is dropped, and those that were simple stay as they are', () => {
    const request = requestWith(four);
    const tools = sentTools(mendedTools(refusal(STATES), request)?.request);
    expect(tools.map(({ name }) => name)).toEqual(['look', 'read', 'go', 'bare']);
    expect([tools[1], tools[3]]).toEqual([four[1], four[3]]);
    // Once more: the text about the lost part goes too, and then nothing more can be done.
    const again = mendedTools(refusal(STATES), requestWith(tools));
    expect(again?.sweep).toMatchObject({ count: 2, form: 'bare' });
    const bare = sentTools(again?.request);
    expect(bare.map(({ name }) => name)).toEqual(['look', 'read', 'go', 'bare']);
    expect(JSON.stringify(bare)).not.toContain('JSON Schema');
    expect(mendedTools(refusal(STATES), requestWith(bare))).toBeUndefined();
  });

  test('a last mending takes all others along', () => {
    const mending = mendedTools(refusal(`${LIST}[1].parameters: bad`), requestWith(four), 'everything');
    expect(mending?.changes.map(({ fate }) => fate)).toEqual(['dropped']);
    expect(mending?.sweep).toMatchObject({ count: 2, cause: 'spared' });
  });
});

describe('a dropped declaration', () => {
  const drop = (request: GenerateContentRequest, ...names: string[]) => {
    const dropped = sentTools(request).filter(({ name }) => names.includes(name));
    return withReplaced(request, new Map(dropped.map((declaration) => [declaration, 'dropped'] as const)));
  };
  const two = [declare('look'), declare('read')];

  test('is out of the names that may be called', () => {
    const mended = drop(requestWith(two, calling('ANY', 'look', 'read')), 'look');
    expect(mended?.toolConfig).toEqual(calling('ANY', 'read').toolConfig);
  });

  test('leaves neither a list nor a choice behind when it was the last', () => {
    const mended = drop(requestWith(two, calling('VALIDATED')), 'look', 'read');
    expect(Object.keys(mended ?? {})).toEqual(['systemInstruction', 'contents']);
  });

  test.each([
    ['the one that must be called', requestWith(two, calling('ANY', 'look')), ['look']],
    ['the last, where any must be called', requestWith(two, calling('ANY')), ['look', 'read']],
  ])('cannot be %s', (_name, request, names) => {
    expect(drop(request, ...names)).toBeUndefined();
  });
});

// ── any declaration ───────────────────────────────────────────────────────────────────────────────────────────

const name = fc.constantFrom('a', 'b', 'look', '__proto__', 'x.y', 'constructor');
const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    fc.record(
      { type: fc.constantFrom('string', 'number'), minLength: fc.constant(3) },
      { requiredKeys: ['type'] },
    ),
    fc.record({ $ref: fc.constantFrom('#', '#/$defs/a', '#/properties/a', '#/nowhere') }),
    fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
    fc.dictionary(name, tie('schema'), { maxKeys: 3 }).map((properties) => ({ type: 'object', properties })),
  ),
})) as { schema: fc.Arbitrary<Json> };
const root = fc.record({
  type: fc.constant<Json>('object'),
  properties: fc.dictionary(name, schema, { maxKeys: 4 }) as fc.Arbitrary<Json>,
});
const declarations = fc
  .array(fc.option(root), { minLength: 1, maxLength: 6 })
  .map((schemas) => schemas.map((one, index) => declare(`tool_${index}`, one)));
const sentence = fc.constantFrom('parameters.x: no', 'name: no', 'description: no');

test('whichever is named, and however often: a body that is valid, the others byte for byte, and an end', () => {
  fc.assert(
    fc.property(
      declarations,
      fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
      sentence,
      (sent, named, told) => {
        let request = requestWith(sent, calling('VALIDATED'));
        for (const index of named) {
          const before = sentTools(request);
          const mending = mendedTools(refusal(`${LIST}[${index}].${told}`), request);
          if (before[index] === undefined) {
            expect(mending).toBeUndefined();
            continue;
          }
          const body = JSON.stringify(mending?.request);
          const after = sentTools(mending?.request);
          const kept = after.length === before.length;
          const others = (list: FunctionDeclaration[]) => list.filter((_, at) => at !== index);
          expect(JSON.stringify(kept ? others(after) : after)).toBe(JSON.stringify(others(before)));
          expect(body.includes('"functionDeclarations":[]')).toBe(false);
          expect(body.includes('"toolConfig"')).toBe(after.length > 0);
          // A second refusal of the same declaration drops it.
          const [again] = kept
            ? (mendedTools(refusal(`${LIST}[${index}].${told}`), JSON.parse(body))?.changes ?? [])
            : [];
          expect(again?.fate ?? 'dropped').toBe('dropped');
          request = JSON.parse(body);
        }
      },
    ),
  );
});
