/** The parser, the order of contents, and signatures: each rule with Google's text. */
import { describe, expect, test } from 'bun:test';
import {
  call,
  config,
  hello,
  messageOf,
  model,
  type Row,
  response,
  thinking,
  tools,
  user,
} from './requests.ts';

const COUNT =
  'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';

const CALL_ORDER =
  'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';

const PARSER: Row[] = [
  [
    'unknown at the top',
    { contents: [hello], foo: 1 },
    'Invalid JSON payload received. Unknown name "foo": Cannot find field.',
  ],
  [
    'unknown below',
    { contents: [user({ text: 'x', cache_control: {} })] },
    `Invalid JSON payload received. Unknown name "cache_control" at 'contents[0].parts[0]': Cannot find field.`,
  ],
  [
    'unknown in a map, printed by position',
    tools({
      name: 'f',
      parameters: {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'integer', exclusiveMinimum: 1 } },
      },
    }),
    `Invalid JSON payload received. Unknown name "exclusiveMinimum" at 'tools[0].function_declarations[0].parameters.properties[1].value': Cannot find field.`,
  ],
  [
    'several, one a line',
    { contents: [hello], a: 1, generationConfig: { b: 2 } },
    `Invalid JSON payload received. Unknown name "a": Cannot find field.\nInvalid JSON payload received. Unknown name "b" at 'generation_config': Cannot find field.`,
  ],
  [
    'a name from the prototype',
    { contents: [hello], constructor: 1 },
    'Invalid JSON payload received. Unknown name "constructor": Cannot find field.',
  ],
  [
    'wrong scalar',
    { contents: [user({ text: 5 })] },
    "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5",
  ],
  [
    'wrong enum',
    thinking({ thinkingLevel: 'hard' }),
    `Invalid value at 'generation_config.thinking_config.thinking_level' (type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), "hard"`,
  ],
  [
    'a list where none belongs',
    tools({ name: 'f', parameters: { type: ['string', 'null'] } }),
    `Invalid JSON payload received. Unknown name "type" at 'tools[0].function_declarations[0].parameters': Proto field is not repeating, cannot start list.`,
  ],
  [
    'text where an object belongs',
    { contents: ['hello'] },
    `Invalid value at 'contents[0]' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), "hello"`,
  ],
  [
    'a body that is no object',
    [],
    `Invalid value at '' (type.googleapis.com/google.ai.generativelanguage.v1beta.GenerateContentRequest), []`,
  ],
  [
    'two data members',
    { contents: [user({ text: 'a', functionCall: { name: 'f' } })] },
    `Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'functionCall'`,
  ],
  [
    'response as text',
    { contents: [hello, model(call()), user({ functionResponse: { name: 'f', response: 'ok' } })] },
    `Invalid value at 'contents[2].parts[0].function_response.response' (type.googleapis.com/google.protobuf.Struct), "ok"`,
  ],
  [
    'response as list',
    { contents: [hello, model(call()), user({ functionResponse: { name: 'f', response: [] } })] },
    `Invalid JSON payload received. Unknown name "response" at 'contents[2].parts[0].function_response': Proto field is not repeating, cannot start list.`,
  ],
  [
    'signature not base64',
    { contents: [hello, model({ text: 'a', thoughtSignature: 'reasoning_content' }), hello] },
    `Invalid value at 'contents[1].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed for "reasoning_content"`,
  ],
  [
    'media not base64',
    { contents: [user({ inlineData: { mimeType: 'image/png', data: '***' } })] },
    `Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for "***"`,
  ],
  [
    'snake_case names',
    {
      contents: [hello],
      generation_config: { max_output_tokens: 5 },
      system_instruction: { parts: [{ text: 'x' }] },
    },
    undefined,
  ],
  ['one value for a list', { contents: { role: 'user', parts: { text: 'x' } } }, undefined],
  ['null for not set', { contents: [hello], tools: null, generationConfig: null }, undefined],
  [
    'numbers as text, enums in any case',
    config({ maxOutputTokens: '5', thinkingConfig: { thinkingLevel: 'High' } }),
    undefined,
  ],
  ['the newest fields', { contents: [hello], continuationToken: 'VE9L' }, undefined],
];

const CONTENTS: Row[] = [
  ['no contents', { contents: [] }, '* GenerateContentRequest.contents: contents is not specified\n'],
  [
    'no parts',
    { contents: [user()] },
    '* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n',
  ],
  [
    'a part without data',
    { contents: [user({ text: 'x' }, { thought: true })] },
    "* GenerateContentRequest.contents[0].parts[1].data: required oneof field 'data' must have one initialized field\n",
  ],
  [
    'a system part without data',
    { contents: [hello], systemInstruction: { parts: [{}] } },
    "* GenerateContentRequest.system_instruction.parts[0].data: required oneof field 'data' must have one initialized field\n",
  ],
  [
    'an unknown role',
    { contents: [{ role: 'banana', parts: [{ text: 'x' }] }] },
    "Role 'banana' is not supported. Please use a valid role: SYSTEM, SYSTEM_1, USER, ASSISTANT, DEVELOPER, CONTEXT, USER_CONTEXT, MODEL, USER.",
  ],
  [
    'the model last',
    { contents: [hello, model({ text: 'x' })] },
    'Please ensure that single turn requests end with a user role or the role field is empty.',
  ],
  ['a call first', { contents: [model(call()), user(response())] }, CALL_ORDER],
  [
    'a call after the model',
    { contents: [hello, model({ text: 'x' }), model(call()), user(response())] },
    CALL_ORDER,
  ],
  ['a response too few', { contents: [hello, model(call('a'), call('b', {})), user(response('a'))] }, COUNT],
  ['a response too many', { contents: [hello, model(call()), user(response(), response())] }, COUNT],
  [
    'responses in two contents',
    { contents: [hello, model(call('a'), call('b', {})), user(response('a')), user(response('b'))] },
    COUNT,
  ],
  ['text between call and response', { contents: [hello, model(call()), hello, user(response())] }, COUNT],
  [
    'a response without a call',
    { contents: [hello, model({ text: 'x' }), user(response())] },
    'Please ensure that function response turn comes immediately after a function call turn.',
  ],
  [
    'a response first',
    { contents: [user(response())] },
    'Please ensure that function response turn comes immediately after a function call turn.',
  ],
  [
    'responses beside text',
    { contents: [hello, model(call()), user(response(), { text: 'and' })] },
    undefined,
  ],
  [
    'role function',
    { contents: [hello, model(call()), { role: 'function', parts: [response()] }] },
    undefined,
  ],
  ['users in a row', { contents: [hello, hello] }, undefined],
  ['an empty text', { contents: [user({ text: '' })] }, undefined],
];

const MISSING = (name: string, position: number) =>
  `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${position}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`;

const unsigned = [hello, model(call('f', {})), user(response())];

const SIGNATURES: Row[] = [
  ['none on the first call', { contents: unsigned }, MISSING('f', 2)],
  [
    'none on the first call of a later step',
    { contents: [hello, model(call()), user(response()), model(call('g', {})), user(response('g'))] },
    MISSING('g', 4),
  ],
  [
    'a response with text does not end the turn',
    { contents: [hello, model(call('f', {})), user(response(), { text: 'x' })] },
    MISSING('f', 2),
  ],
  [
    'only the sibling is signed',
    { contents: [hello, model(call('a', {}), call('b')), user(response('a'), response('b'))] },
    MISSING('a', 2),
  ],
  ['older turns are not looked at', { contents: [...unsigned, model({ text: 'done' }), hello] }, undefined],
  [
    'siblings need none',
    { contents: [hello, model(call('a'), call('b', {})), user(response('a'), response('b'))] },
    undefined,
  ],
  [
    'the other stand-in',
    {
      contents: [
        hello,
        model(call('f', { thoughtSignature: btoa('context_engineering_is_the_way_to_go') })),
        user(response()),
      ],
    },
    undefined,
  ],
  ['2.5 does not ask', { contents: unsigned }, undefined, 'gemini-2.5-flash'],
  ['an unknown model counts as the newest', { contents: unsigned }, MISSING('f', 2), 'gemini-9-ultra'],
];

describe.each([
  ['parser', PARSER],
  ['contents', CONTENTS],
  ['signatures', SIGNATURES],
] as const)('%s', (_, rows) => {
  for (const [what, body, message, id] of rows) {
    test(what, () => expect(messageOf(body, id)).toBe(message));
  }
});
