/**
 * For each sentence with which our validator refuses, the smallest request that provokes it. (A test holds the tables
 * against the sentences in the validator's source.) What Google refuses costs nothing.
 */
import type { GeminiModel } from '../../../src/gemini/models.ts';
import { MAX_PAYLOAD_BYTES } from '../../../src/gemini/payload.ts';
import type { Probe } from './probe.ts';
import {
  call,
  config,
  generatePath,
  generateProbe,
  HELLO,
  model,
  PICTURE,
  post,
  type Row,
  response,
  says,
  schema,
  tools,
  UNKNOWN_MODEL,
  user,
} from './requests.ts';

const VALUES: readonly Row[] = [
  ['a body that is a list', '[]'],
  ['a name that there is not', { ...says(HELLO), surprise: 1 }],
  ['a name that there is not, in a part', says(user({ text: 'a', surprise: 1 }))],
  [
    'a keyword that there is not, in a property',
    tools({
      name: 'f',
      parameters: { type: 'OBJECT', properties: { x: { type: 'STRING', const: 'a' } } },
    }),
  ],
  ['a list for a single value', says({ role: ['user'], parts: [{ text: 'a' }] })],
  ['a text for a message', says('hello' as never)],
  ['a number for a text', says(user({ text: 5 }))],
  ['a text for a bool', says(user({ text: 'a', thought: 'perhaps' }))],
  ['a half for an int32', config({ maxOutputTokens: 1.5 })],
  ['a text for a float', config({ temperature: 'warm' })],
  ['a text for an int64', tools({ name: 'f', parameters: { type: 'STRING', maxLength: 'long' } })],
  ['a text for a double', tools({ name: 'f', parameters: { type: 'NUMBER', minimum: 'low' } })],
  ['a signature that is no base64', says(user({ text: 'a', thoughtSignature: '!' }))],
  [
    'a number for a duration',
    { ...says(HELLO), tools: [{ mcpServers: [{ streamableHttpTransport: { timeout: 5 } }] }] },
  ],
  [
    'a number for a timestamp',
    { ...says(HELLO), tools: [{ googleSearch: { timeRangeFilter: { startTime: 5 } } }] },
  ],
  ['a value that an enum has not', config({ thinkingConfig: { thinkingLevel: 'ENORMOUS' } })],
  ['a text for a map', tools({ name: 'f', parameters: { type: 'OBJECT', properties: 'x' } })],
  ['a text for a struct', says(user({ functionResponse: { name: 'f', response: 'ok' } }))],
  [
    'two kinds of data in a part',
    says(user({ text: 'a', inlineData: { mimeType: 'text/plain', data: 'YQ==' } })),
  ],
];

const CONVERSATION: readonly Row[] = [
  ['no contents', says()],
  ['a content without parts', says(user())],
  ['a part without data', says(user({}))],
  ['a system instruction without data', { ...says(HELLO), systemInstruction: { parts: [{}] } }],
  ['a role that there is not', says({ role: 'banana', parts: [{ text: 'a' }] })],
  ['a call that opens the conversation', says(model(call()), user(response()))],
  ['a call behind a turn of the model', says(HELLO, model({ text: 'a' }), model(call()), user(response()))],
  ['a response without a call', says(HELLO, model({ text: 'a' }), user(response()))],
  ['one response to two calls', says(HELLO, model(call(), call('g')), user(response()))],
  ['a call without a response', says(HELLO, model(call()), user({ text: 'a' }))],
  ['a last turn of the model', says(HELLO, model({ text: 'Well,' }))],
  [
    "a response of Google's tool without its call",
    says(HELLO, model({ toolResponse: { id: 'a', toolType: 'URL_CONTEXT', response: {} } }), HELLO),
  ],
];

const TOOLS: readonly Row[] = [
  ['a tool without declarations', tools()],
  ['a function name with a blank', tools({ name: 'my tool' })],
  ['a function name that begins with a digit', tools({ name: '1st' })],
  ['a function name of 65 characters', tools({ name: 'a'.repeat(65) })],
  ['a function without a name', tools({ description: 'a' })],
  [
    'an array without items in parameters',
    tools({ name: 'f', parameters: { type: 'OBJECT', properties: { x: { type: 'ARRAY' } } } }),
  ],
  [
    'a required property that is not declared, in parameters',
    tools({
      name: 'f',
      parameters: { type: 'OBJECT', properties: { x: { type: 'STRING' } }, required: ['y'] },
    }),
  ],
  ['two functions of one name', tools({ name: 'f' }, { name: 'f' })],
  [
    'a function with both kinds of schema',
    tools({
      name: 'f',
      parameters: { type: 'OBJECT', properties: { x: { type: 'STRING' } } },
      parametersJsonSchema: { type: 'object' },
    }),
  ],
  ['a root schema that is no object', schema({ type: 'string' })],
  ['a schema that is a number', schema({ type: 'object', properties: { a: 5 } })],
  ['properties that are a list', schema({ type: 'object', properties: [] })],
  ['required that is a text', schema({ type: 'object', properties: { a: {} }, required: 'a' })],
  ['a type that there is not', schema({ type: 'object', properties: { a: { type: 'word' } } })],
  ['a required property that is not declared', schema({ type: 'object', properties: {}, required: ['a'] })],
  ['a reference that leads nowhere', schema({ type: 'object', properties: { a: { $ref: '#/$defs/a' } } })],
  [
    'a circle of required references',
    schema({ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }),
  ],
  [
    'an allowed function that is not declared',
    {
      ...tools({ name: 'f' }),
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } },
    },
  ],
];

const MEDIA: readonly Row[] = [
  ['a GIF', says(user({ inlineData: { mimeType: 'image/gif', data: 'R0lGODlhAQABAAAAACw=' } }))],
  ['an empty picture', says(user({ inlineData: { mimeType: 'image/png', data: '' } }))],
  ['an empty PDF', says(user({ inlineData: { mimeType: 'application/pdf', data: '' } }))],
  [
    'a file of a type that is not read',
    says(user({ fileData: { mimeType: 'image/gif', fileUri: 'https://example.com/a.gif' } })),
  ],
  [
    'a file by http',
    says(user({ fileData: { mimeType: 'text/plain', fileUri: 'http://example.com/a.txt' } })),
  ],
  [
    'a file at a host that there is not',
    says(user({ fileData: { mimeType: 'text/plain', fileUri: 'https://nobody.invalid/a.txt' } })),
  ],
  ['a signature that Google never gave', says(HELLO, model({ text: 'a', thoughtSignature: 'AAAA' }), HELLO)],
];

/** What is refused or taken by what the model is. */
const BY_MODEL: readonly Row[] = [
  ['a call without its signature', says(HELLO, model(call('f', {})), user(response()))],
  [
    "a call of Google's tool without its signature",
    says(HELLO, model({ toolCall: { id: 'a', toolType: 'URL_CONTEXT', args: {} } }), HELLO),
  ],
  [
    'a picture inside a response',
    says(
      HELLO,
      model(call()),
      user(response('f', { parts: [{ inlineData: { mimeType: 'image/png', data: PICTURE } }] })),
    ),
  ],
  [
    'code execution beside functions',
    { ...says(HELLO), tools: [{ functionDeclarations: [{ name: 'f' }] }, { codeExecution: {} }] },
  ],
  [
    'a budget and a level of thinking',
    config({ thinkingConfig: { thinkingBudget: 512, thinkingLevel: 'low' } }),
  ],
  [
    'JSON beside functions',
    { ...tools({ name: 'f' }), generationConfig: { responseMimeType: 'application/json' } },
  ],
  [
    'JSON beside functions of which one must be called',
    {
      ...tools({ name: 'f' }),
      generationConfig: { responseMimeType: 'application/json' },
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
    },
  ],
  [
    'an answer schema whose reference leads nowhere',
    config({
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object', properties: { a: { $ref: '#/$defs/a' } } },
    }),
  ],
  ['a limit of no output', config({ maxOutputTokens: 0 })],
  ['a limit of output above the largest', (row) => config({ maxOutputTokens: row.outputTokens + 1 })],
  ['a penalty for frequency', config({ frequencyPenalty: 0.5 })],
  ['a penalty for presence', config({ presencePenalty: 0.5 })],
  ['two candidates', config({ candidateCount: 2 })],
];

/** Asked only of families that refuse it: where the search is taken, it is paid for. */
const SEARCH: Row = [
  'JSON beside a search',
  { ...config({ responseMimeType: 'application/json' }), tools: [{ googleSearch: {} }] },
];

/** The blanks are outside of every text, so they are no tokens. */
const TOO_LARGE: Row = [
  'a body of more than 20 MiB',
  `${' '.repeat(MAX_PAYLOAD_BYTES)}${JSON.stringify(says(HELLO))}`,
];

function otherMethods({ id }: GeminiModel): Probe[] {
  const count = (name: string, body: object): Probe => ({
    name,
    model: id,
    asked: post(`models/${id}:countTokens`, body),
  });
  return [
    count('a count of two requests at once', {
      ...says(HELLO),
      generateContentRequest: { model: `models/${id}`, ...says(HELLO) },
    }),
    count('a count for no model', { generateContentRequest: says(HELLO) }),
    { name: 'a method that there is not', model: id, asked: post(`models/${id}:fly`, says(HELLO)) },
    {
      name: 'JSON that breaks off',
      model: id,
      asked: { method: 'POST', path: `models/${id}:generateContent`, body: '{' },
    },
    {
      name: 'a question',
      model: UNKNOWN_MODEL,
      asked: post(generatePath(UNKNOWN_MODEL), says(HELLO)),
    },
  ];
}

/** `families`: a model of each family. What does not depend on the model is asked of the first one. */
export function refusalProbes(families: readonly GeminiModel[]): Probe[] {
  const [first] = families;
  if (!first) return [];
  const common = [...VALUES, ...CONVERSATION, ...TOOLS, ...MEDIA, TOO_LARGE];
  return [
    ...common.map((row) => generateProbe(row, first)),
    ...otherMethods(first),
    ...families.flatMap((family) => BY_MODEL.map((row) => generateProbe(row, family))),
    ...families.filter(({ jsonWithTools }) => !jsonWithTools).map((family) => generateProbe(SEARCH, family)),
  ];
}
