/** What becomes of recorded requests to Anthropic that are refused: there, here, or in both places. */
import { googleError } from '../proxy.ts';

type Body = Record<string, unknown> & { messages?: { role: string }[]; tools?: { type?: string }[] };

export type Refusal = { readonly status: number; readonly type: string; readonly message: RegExp };

const invalid = (message: RegExp): Refusal => ({ status: 400, type: 'invalid_request_error', message });
const hasTool =
  (start: string) =>
  ({ tools }: Body) =>
    tools?.some(({ type }) => type?.startsWith(start)) ?? false;

/** What Anthropic's API serves and the proxy refuses, by what the request holds. The first row that fits counts. */
export const ONLY_HERE: readonly (readonly [why: string, is: (body: Body) => boolean, Refusal])[] = [
  [
    "the file was uploaded to Anthropic's store, and is not in the proxy's",
    ({ messages }) =>
      JSON.stringify(messages).includes('"type":"file","file_id"') ||
      /"file_id"/.test(JSON.stringify(messages)),
    { status: 404, type: 'not_found_error', message: /file_id: File not found: file_/ },
  ],
  [
    'the proxy calls no MCP servers',
    ({ mcp_servers }) => mcp_servers !== undefined,
    invalid(/^mcp_servers: /),
  ],
  ["the advisor is one of Anthropic's models", hasTool('advisor_'), invalid(/^tools\.0\.type: advisor_/)],
  [
    'Gemini does not continue a text that was begun for it',
    ({ messages }) => messages?.at(-1)?.role === 'assistant',
    invalid(/assistant message prefill/),
  ],
];

/** What Anthropic's API has refused and the proxy serves, by the ends of the recordings' names. */
export const ONLY_THERE: Readonly<Record<string, string>> = {
  'anthropic-error-6e273a': 'only old models know no `system` messages',
  'model-errors-5f3f9e': 'an effort that the model does not have becomes the nearest one',
  'web-search-tool-a46545':
    'a call without its result is given one: clients lose results when they are interrupted',
  'object-basic-8991b7': 'Gemini takes `minimum`',
  'ref-is-rejected-17061d': 'a schema without `type` at its root is that of an object: MCP servers send such',
  'are-rejected-4c5221': 'Gemini has no limit of optional parameters',
  'exceeded-errors-9a11c7': 'the recording has lost the text that was too long',
};

/** What Anthropic's API has refused, and the proxy too, but otherwise. */
export const OTHERWISE: Readonly<Record<string, readonly [why: string, Refusal]>> = {
  'create-api-error-3e1c27': [
    'the credit of the account is not looked at: the model is unknown',
    { status: 404, type: 'not_found_error', message: /^model: invalid-model-name$/ },
  ],
  'file-image-anthropic-7ba5ca': [
    'files need no beta here',
    { status: 404, type: 'not_found_error', message: /image\.source\.file\.file_id: File not found/ },
  ],
  'document-anthropic-1e0198': [
    'files need no beta here',
    { status: 404, type: 'not_found_error', message: /document\.source\.file\.file_id: File not found/ },
  ],
};

/** What is no matter of the request, but of the account or of the servers: Google fails in the same way. */
export const GOOGLE_FAILS: readonly (readonly [RegExp, () => Response])[] = [
  [
    /claude-agent-sdk/,
    () => googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
  ],
  [/no-content-c9218c$/, () => googleError(500, 'INTERNAL', 'An internal error has occurred.')],
  [/without-parameters-1fbde6$/, () => googleError(503, 'UNAVAILABLE', 'The model is overloaded.')],
  [
    /none-live-0224ff$|exceeded-errors-4f119d$/,
    () => googleError(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota. Please retry in 47s.'),
  ],
  [
    /exceeded-errors-0f5baf$/,
    () =>
      googleError(
        400,
        'INVALID_ARGUMENT',
        'The input token count (3333404) exceeds the maximum number of tokens allowed (1048576).',
      ),
  ],
];
