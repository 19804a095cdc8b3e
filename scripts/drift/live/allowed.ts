/** Requests that our validator takes, of the kinds of which somebody has reported a refusal, or that only we write. */
import type { GeminiModel } from '../../../src/gemini/models.ts';
import type { Probe } from './probe.ts';
import {
  call,
  config,
  generateProbe,
  HELLO,
  MOST_OUTPUT,
  model,
  PICTURE,
  post,
  type Row,
  response,
  SENTINEL,
  says,
  schema,
  tools,
  user,
} from './requests.ts';

const property = (a: object) => schema({ type: 'object', properties: { a } });

const SPELLINGS: readonly Row[] = [
  ['names in snake case', { ...says(HELLO), system_instruction: { parts: [{ text: 'Be brief.' }] } }],
  ['null for what is not set', { ...says(HELLO), systemInstruction: null }],
  ['one value in place of a list', { contents: { role: 'user', parts: { text: 'Say hello.' } } }],
  [
    'a mode in small letters',
    { ...tools({ name: 'f' }), toolConfig: { functionCallingConfig: { mode: 'auto' } } },
  ],
  ['a content without a role', says({ parts: [{ text: 'Say hello.' }] })],
];

const CONVERSATION: readonly Row[] = [
  ['two turns of the user in a row', says(HELLO, HELLO)],
  [
    'two turns of the model in a row',
    says(HELLO, model({ text: 'Hello.' }), model({ text: 'Hello!' }), HELLO),
  ],
  ['a conversation that the model begins', says(model({ text: 'Hello.' }), HELLO)],
  ['an empty text', says(HELLO, model({ text: '' }), HELLO)],
  [
    'a signature on an empty text',
    says(HELLO, model({ text: 'Hello.' }, { text: '', thoughtSignature: SENTINEL }), HELLO),
  ],
  ['a stand-in for a signature', says(HELLO, model(call()), user(response()))],
  [
    'the other stand-in for a signature',
    says(
      HELLO,
      model(call('f', { thoughtSignature: 'context_engineering_is_the_way_to_go' })),
      user(response()),
    ),
  ],
  [
    'a stand-in for a signature in base64',
    says(HELLO, model(call('f', { thoughtSignature: btoa(SENTINEL) })), user(response())),
  ],
  ['a text beside a response', says(HELLO, model(call()), user(response(), { text: 'Go on.' }))],
  [
    'a response in the role of a function',
    says(HELLO, model(call()), { role: 'function', parts: [response()] }),
  ],
  [
    'a second call without a signature',
    says(HELLO, model(call(), call('g', {})), user(response(), response('g'))),
  ],
  [
    'a call without a signature before this turn',
    says(HELLO, model(call('f', {})), user(response()), model({ text: 'Done.' }), HELLO),
  ],
  [
    'a response without the id of its call',
    says(
      HELLO,
      model({ functionCall: { name: 'f', args: {}, id: 'abcd1234' }, thoughtSignature: SENTINEL }),
      user(response()),
    ),
  ],
  [
    'calls of a function that is not declared',
    { ...says(HELLO, model(call()), user(response())), tools: [{ functionDeclarations: [{ name: 'g' }] }] },
  ],
];

const SCHEMAS: readonly Row[] = [
  ['a function name of 64 characters', tools({ name: `a.b:c-${'d'.repeat(58)}` })],
  ['a function without a schema', tools({ name: 'f' })],
  ['an object without properties', schema({ type: 'object' })],
  ['a root schema without a type', schema({ properties: { a: { type: 'string' } } })],
  ['const', property({ const: 'x' })],
  ['a list of types', property({ type: ['string', 'null'] })],
  ['an array without items', property({ type: 'array' })],
  ['allOf, anyOf, oneOf and not', property({ allOf: [{}], anyOf: [{}], oneOf: [{}], not: { type: 'null' } })],
  ['if, then, else', property(Object.fromEntries(['if', 'then', 'else'].map((word) => [word, {}])))],
  ['patterns and formats', property({ type: 'string', pattern: '^(?=a)', format: 'odd' })],
  [
    'patternProperties and additionalProperties',
    property({ patternProperties: { '^x': {} }, additionalProperties: false }),
  ],
  [
    'bounds of every kind',
    property({ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 9, multipleOf: 2 }),
  ],
  [
    'uniqueItems and prefixItems',
    property({ type: 'array', uniqueItems: true, prefixItems: [{ type: 'string' }] }),
  ],
  ['an enum of several types', property({ enum: ['a', 1, true, null] })],
  ['an empty enum', property({ enum: [] })],
  ['a schema that is a boolean', property(true as never)],
  [
    'examples, deprecated and x-note',
    property({ type: 'string', examples: ['a'], deprecated: true, 'x-note': 'n' }),
  ],
  [
    'references to definitions',
    schema({ type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { type: 'string' } } }),
  ],
  ['a reference to the root', property({ $ref: '#' })],
  [
    'a reference to an anchor',
    schema({ type: 'object', properties: { a: { $ref: '#x' } }, $defs: { a: { $anchor: 'x' } } }),
  ],
  [
    '$schema and $id',
    schema({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://example.com/a',
      type: 'object',
    }),
  ],
];

/** A page without words. */
const PDF = `%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>
endobj
xref
0 4
0000000000 65535 f\u0020
0000000009 00000 n\u0020
0000000058 00000 n\u0020
0000000115 00000 n\u0020
trailer
<< /Size 4 /Root 1 0 R >>
startxref
186
%%EOF
`;

/** What the proxy itself sends, by what the model is. */
const BY_MODEL: readonly Row[] = [
  ['parameters of sampling', config({ temperature: 0.5, topP: 0.9, topK: 40, seed: 1 })],
  ['a stop sequence', config({ stopSequences: ['END'] })],
  [
    'JSON by a schema',
    config({
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object', properties: { a: { type: 'string' } } },
    }),
  ],
  ['a system instruction', { ...says(HELLO), systemInstruction: { parts: [{ text: 'Be brief.' }] } }],
  ['a tier of service', { ...says(HELLO), serviceTier: 'standard' }],
  [
    'the safety settings',
    {
      ...says(HELLO),
      safetySettings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', threshold: 'BLOCK_NONE' }],
    },
  ],
  [
    'the mode VALIDATED',
    { ...tools({ name: 'f' }), toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } } },
  ],
  ['the mode NONE', { ...tools({ name: 'f' }), toolConfig: { functionCallingConfig: { mode: 'NONE' } } }],
  [
    'one allowed function',
    {
      ...tools({ name: 'f' }, { name: 'g' }),
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } },
    },
  ],
  [
    'a text as a file',
    says(user({ inlineData: { mimeType: 'text/plain', data: btoa('hello') } }, { text: 'Repeat it.' })),
  ],
  [
    'a picture',
    says(user({ inlineData: { mimeType: 'image/png', data: PICTURE } }, { text: 'Which colour?' })),
  ],
  [
    'a PDF',
    says(user({ inlineData: { mimeType: 'application/pdf', data: btoa(PDF) } }, { text: 'What is in it?' })),
  ],
  ['code execution', { ...says(HELLO), tools: [{ codeExecution: {} }] }],
  ['a failed call', says(HELLO, model(call()), user(response('f', { response: { error: 'no' } })))],
  [
    'thoughts that are shown',
    (row) => config(row.thinking.kind === 'none' ? {} : { thinkingConfig: { includeThoughts: true } }),
  ],
];

/** Taken from Gemini 3 on. */
const BESIDE_FUNCTIONS: Row = [
  'code execution beside functions, with its calls told',
  {
    ...says(HELLO),
    tools: [{ functionDeclarations: [{ name: 'f' }] }, { codeExecution: {} }],
    toolConfig: { includeServerSideToolInvocations: true },
  },
];

/** Other methods than that of a stream. */
const otherMethods = ({ id }: GeminiModel): Probe[] => [
  {
    name: 'a whole answer',
    model: id,
    asked: post(`models/${id}:generateContent`, {
      ...says(HELLO),
      generationConfig: { maxOutputTokens: MOST_OUTPUT },
    }),
  },
  { name: 'a count of bare contents', model: id, asked: post(`models/${id}:countTokens`, says(HELLO)) },
];

export function allowedProbes(families: readonly GeminiModel[]): Probe[] {
  const [first] = families;
  if (!first) return [];
  return [
    ...[...SPELLINGS, ...CONVERSATION, ...SCHEMAS].map((row) => generateProbe(row, first)),
    ...families.flatMap((family) => BY_MODEL.map((row) => generateProbe(row, family))),
    ...families
      .filter(({ jsonWithTools }) => jsonWithTools)
      .map((family) => generateProbe(BESIDE_FUNCTIONS, family)),
    ...families.flatMap(otherMethods),
  ];
}
