/** Tools, generation config and media: each rule with Google's text. */
import { describe, expect, test } from 'bun:test';
import {
  call,
  config,
  hello,
  messageOf,
  model,
  type Row,
  schema,
  thinking,
  tools,
  user,
} from './requests.ts';

const NAME_RULE =
  'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.';

const TOOLS: Row[] = [
  [
    'a name with a space',
    tools({ name: 'my tool' }),
    `* GenerateContentRequest.tools[0].function_declarations[0].name: ${NAME_RULE}\n`,
  ],
  [
    'a name that starts with a digit',
    tools({ name: '1st' }),
    `* GenerateContentRequest.tools[0].function_declarations[0].name: ${NAME_RULE}\n`,
  ],
  [
    'a name of 65',
    tools({ name: 'a'.repeat(65) }),
    `* GenerateContentRequest.tools[0].function_declarations[0].name: ${NAME_RULE}\n`,
  ],
  ['a name of 64', tools({ name: 'a'.repeat(64) }), undefined],
  ['a double', tools({ name: 'f' }, { name: 'f' }), 'Duplicate function declaration found: f'],
  [
    'no declarations',
    tools(),
    "* GenerateContentRequest.tools[0].tool_type: required one_of 'tool_type' must have one initialized field\n",
  ],
  [
    'an array without items',
    tools({ name: 'f', parameters: { type: 'OBJECT', properties: { x: { type: 'ARRAY' } } } }),
    '* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties[x].items: missing field.\n',
  ],
  [
    'required and undefined',
    tools({
      name: 'f',
      parameters: { type: 'OBJECT', properties: { x: { type: 'STRING' } }, required: ['y'] },
    }),
    '* GenerateContentRequest.tools[0].function_declarations[0].parameters.required[0]: property is not defined\n',
  ],
  [
    'both kinds of schema',
    tools({ name: 'f', parameters: { type: 'OBJECT' }, parametersJsonSchema: { type: 'object' } }),
    '`f`: parameters and parameters_json_schema are mutually exclusive.',
  ],
  [
    'a root that is no object',
    schema({ type: 'string' }),
    '`f` functionDeclaration `parameters` schema should be of type OBJECT.',
  ],
  [
    'a lost $ref',
    schema({ type: 'object', properties: { a: { $ref: '#/$defs/gone' } } }),
    'reference to undefined schema at properties.a',
  ],
  [
    'a lost $ref in a list',
    schema({ type: 'object', properties: { a: { anyOf: [{ type: 'null' }, { $ref: 'x.json' }] } } }),
    'reference to undefined schema at properties.a.anyOf.1',
  ],
  [
    'refs that lead somewhere',
    schema({
      type: 'object',
      properties: { a: { $ref: '#' }, b: { $ref: '#/$defs/x~1y' }, c: { $ref: '#here' } },
      $defs: { 'x/y': {}, z: { $anchor: 'here' } },
    }),
    undefined,
  ],
  ['a property called $ref', schema({ type: 'object', properties: { $ref: { type: 'string' } } }), undefined],
  [
    'a lost $ref below a property called default',
    schema({ type: 'object', properties: { default: { items: { $ref: '#/gone' } } } }),
    'reference to undefined schema at properties.default.items',
  ],
  ['a $ref in a value', schema({ type: 'object', properties: { a: { default: { $ref: 'x' } } } }), undefined],
  [
    'any other keyword',
    schema({ type: 'object', patternProperties: {}, not: {}, if: {}, 'x-y': 1, additionalProperties: false }),
    undefined,
  ],
  [
    'an allowed name that is not declared',
    {
      ...tools({ name: 'f' }),
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } },
    },
    'allowed_function_names should be a subset of the provided function_declarations',
  ],
  [
    'search beside functions',
    { contents: [hello], tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'f' }] }] },
    'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.',
  ],
  [
    'search beside functions on 2.5',
    { contents: [hello], tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'f' }] }] },
    'Built-in tools ({google_search}) and Function Calling cannot be combined in the same request. Please choose one to continue.',
    'gemini-2.5-flash',
  ],
];

const JSON_WITH_TOOLS = "Function calling with a response mime type: 'application/json' is unsupported";

const jsonTools = { ...tools({ name: 'f' }), generationConfig: { responseMimeType: 'application/json' } };

const GENERATION: Row[] = [
  [
    'budget and level',
    thinking({ thinkingBudget: 5, thinkingLevel: 'low' }),
    'You can only set only one of thinking budget and thinking level.',
  ],
  [
    'a budget on Gemini 4',
    thinking({ thinkingBudget: 512 }),
    'Thinking budget is not supported for this model.',
  ],
  ['a budget on Gemini 3', thinking({ thinkingBudget: 512 }), undefined, 'gemini-3.8-flash'],
  [
    'budget 0 where thinking stays on',
    thinking({ thinkingBudget: 0 }),
    'Budget 0 is invalid. This model only works in thinking mode.',
    'gemini-2.5-pro',
  ],
  ['budget 0 where it can go', thinking({ thinkingBudget: 0 }), undefined, 'gemini-2.5-flash'],
  [
    'a budget too small',
    thinking({ thinkingBudget: 256 }),
    'The thinking budget 256 is invalid. Please choose a value between 512 and 24576.',
    'gemini-2.5-flash-lite',
  ],
  ['automatic budget', thinking({ thinkingBudget: -1 }), undefined, 'gemini-2.5-pro'],
  [
    'a level on 2.5',
    thinking({ thinkingLevel: 'low' }),
    'Thinking level is not supported for this model.',
    'gemini-2.5-flash',
  ],
  [
    'a level it does not have',
    thinking({ thinkingLevel: 'minimal' }),
    'Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.',
  ],
  ['xhigh where it exists', thinking({ thinkingLevel: 'xhigh' }), undefined, 'gemini-4-neon'],
  [
    'xhigh where not',
    thinking({ thinkingLevel: 'xhigh' }),
    'Thinking level XHIGH is not supported for this model. Please retry with other thinking level.',
  ],
  ['JSON with functions on 2.5', jsonTools, JSON_WITH_TOOLS, 'gemini-2.5-flash'],
  ['JSON with functions on 4', jsonTools, undefined],
  [
    'JSON with functions and mode ANY',
    { ...jsonTools, toolConfig: { functionCallingConfig: { mode: 'any' } } },
    JSON_WITH_TOOLS,
  ],
  [
    'a lost $ref in the answer',
    config({ responseMimeType: 'application/json', responseJsonSchema: { $ref: '#/a' } }),
    'reference to undefined schema at top-level',
  ],
  [
    'too many output tokens',
    config({ maxOutputTokens: 70_000 }),
    'Unable to submit request because it has a maxOutputTokens value of 70000 but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.',
    'gemini-3.8-flash',
  ],
  ['a long answer on Gemini 4', config({ maxOutputTokens: 128_000 }), undefined],
  [
    'no output tokens',
    config({ maxOutputTokens: 0 }),
    'Unable to submit request because it has a maxOutputTokens value of 0 but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.',
  ],
  ['a penalty on Gemini 4', config({ presencePenalty: 0.5 }), 'Penalty is not enabled for this model'],
  [
    'two candidates on Gemini 4',
    config({ candidateCount: 2 }),
    'Multiple candidates is not enabled for this model',
  ],
  ['temperature on Gemini 4', config({ temperature: 0.5, topP: 0.9, topK: 40 }), undefined],
];

const media = (mimeType: string, data = 'AAAA') => ({ contents: [user({ inlineData: { mimeType, data } })] });

const inResponse = {
  contents: [
    hello,
    model(call()),
    user({
      functionResponse: {
        name: 'f',
        response: {},
        parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
      },
    }),
  ],
};

const MEDIA: Row[] = [
  ['a PNG', media('image/png'), undefined],
  ['a PDF', media('application/pdf'), undefined],
  ['a GIF', media('image/gif'), 'Unsupported MIME type: image/gif'],
  ['anything binary', media('application/octet-stream'), 'Unsupported MIME type: application/octet-stream'],
  ['no type', media(''), 'Unsupported MIME type: '],
  ['an empty PDF', media('application/pdf', ''), 'The document has no pages.'],
  ['inside a response on Gemini 4', inResponse, undefined],
  [
    'inside a response on 2.5',
    inResponse,
    'Multimodal function responses are not supported for this model.',
    'gemini-2.5-flash',
  ],
];

describe.each([
  ['tools', TOOLS],
  ['generation', GENERATION],
  ['media', MEDIA],
] as const)('%s', (_, rows) => {
  for (const [what, body, message, id] of rows) {
    test(what, () => expect(messageOf(body, id)).toBe(message));
  }
});
