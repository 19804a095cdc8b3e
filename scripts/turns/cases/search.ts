/** Tools that Google runs: searches, pages and code, in Anthropic's form. */
import type { MessagesRequest } from '../../../src/anthropic/request.ts';
import type { Tool } from '../../../src/anthropic/tool.ts';
import type { ModelFamily } from '../../../src/gemini/models.ts';
import type { GroundingMetadata, RequestPart, ResponsePart } from '../../../src/gemini/wire.ts';
import { partsKey, sealEnvelope, sealParts } from '../../../src/translate/signatures.ts';
import { KEY_FINGERPRINT, type TurnCases } from '../build.ts';
import { breaksAfter, chunk, end, says, saysWhole, signature, text, thought } from '../wire.ts';

const REDIRECT = 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/';

const tool = (change: object): Tool => ({ type: 'web_search_20250305', name: 'web_search', ...change });

/** The request of Claude Code's WebSearch. */
const SEARCH: Partial<MessagesRequest> = {
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Perform a web search for the query: café 9' }] },
  ],
  tools: [tool({ max_uses: 8 })],
  tool_choice: { type: 'auto' },
};

const FOUND: GroundingMetadata = {
  searchEntryPoint: { renderedContent: '<div class="container"></div>\n' },
  groundingChunks: [
    { web: { uri: `${REDIRECT}one`, title: 'example.com' } },
    { web: { uri: `${REDIRECT}two`, title: 'example.org' } },
  ],
  groundingSupports: [
    { segment: { endIndex: 27, text: 'The café’s 9th is open.' }, groundingChunkIndices: [0] },
    {
      segment: { startIndex: 28, endIndex: 44, text: 'It opened today.' },
      groundingChunkIndices: [1, 0],
    },
  ],
  webSearchQueries: ['café 9', 'café 9 opening'],
};

const grounded = chunk([text('', signature('closing'))], {
  finishReason: 'STOP',
  groundingMetadata: FOUND,
});

const TEXT = [chunk([text('The café’s 9th ')]), chunk([text('is open. It opened today. Go!')])];

const ADD: Tool = {
  name: 'add',
  input_schema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
};
const ADDS: ResponsePart = {
  functionCall: { name: 'add', args: { a: 1, b: 2 }, id: 'abcd1234' },
  thoughtSignature: signature('add'),
};
/** What Gemini tells of a search of its own. */
const HOSTED = [
  {
    toolCall: { toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['café 9'] }, id: 'abcd0001' },
    thoughtSignature: signature('search'),
  },
  {
    toolResponse: {
      toolType: 'GOOGLE_SEARCH_WEB',
      response: { search_suggestions: '<div class="container"></div>\n' },
      id: 'abcd0001',
    },
    thoughtSignature: signature('found'),
  },
];

const FINDS: Partial<MessagesRequest> = {
  messages: [{ role: 'user', content: 'Add 1 and 2.' }],
  tools: [
    { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
    { ...ADD, description: 'Adds numbers', defer_loading: true },
  ],
};
const FIND = { name: 'tool_search_tool_regex', args: { pattern: '(?i)adds' }, id: 'abcd0003' };

const CODE = {
  executableCode: { language: 'PYTHON', code: 'print(6 / n)', id: 'abcd0002' },
  thoughtSignature: signature('code'),
};
const ran = (outcome: string, output: string) => ({
  codeExecutionResult: { outcome, output, id: 'abcd0002' },
});

const kept = (parts: readonly RequestPart[], family: ModelFamily = 'gemini-4'): string =>
  sealEnvelope({
    family,
    keyFingerprint: KEY_FINGERPRINT,
    place: { on: 'call', toolId: 'srvtoolu_1' },
    signature: sealParts(parts),
  });

export const SEARCHES: TurnCases = {
  'search-found': {
    shows: 'A web search as Claude Code asks for it: the search, its sources, text with citations',
    ask: SEARCH,
    replies: [says(chunk([thought('**Searching**\n\n\n')]), ...TEXT, grounded)],
  },
  'search-found-whole': {
    shows: 'The same for a client that wants no stream',
    ask: { ...SEARCH, stream: false },
    replies: [says(...TEXT, grounded)],
  },
  'search-unary': {
    shows: 'The same over one whole answer of Gemini’s',
    ask: SEARCH,
    unary: true,
    replies: [
      saysWhole({
        candidates: [
          {
            content: { parts: [text('The café’s 9th is open. It opened today. Go!')], role: 'model' },
            finishReason: 'STOP',
            index: 0,
            groundingMetadata: FOUND,
          },
        ],
      }),
    ],
  },
  'search-not-made': {
    shows: 'A web search that the model did not make: it answered from memory',
    ask: SEARCH,
    replies: [says(...TEXT, end())],
  },
  'search-blocked-domain': {
    shows: 'A web search with a blocked domain: no page of it is told or cited',
    ask: {
      ...SEARCH,
      tools: [tool({ blocked_domains: ['example.com'] })],
    },
    replies: [says(...TEXT, grounded)],
  },
  'search-broken': {
    shows: 'A search whose stream breaks in its text: nothing was told, so it is made again',
    ask: SEARCH,
    replies: [breaksAfter(...TEXT), says(...TEXT, grounded)],
  },
  'search-beside-tools': {
    shows: 'A web search beside a tool of the client: told in its place, then the call',
    ask: {
      messages: [{ role: 'user', content: 'Is the café open? Then add 1 and 2.' }],
      tools: [tool({ max_uses: 3 }), ADD],
    },
    replies: [
      says(
        chunk([text('I look. ')]),
        ...HOSTED.map((part) => chunk([part])),
        ...TEXT,
        chunk([ADDS]),
        grounded,
      ),
    ],
  },
  'search-beside-tools-again': {
    shows: 'The next turn: Google’s parts of the search go back with their signatures',
    ask: {
      messages: [
        { role: 'user', content: 'Is the café open? Then add 1 and 2.' },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'café 9' } },
            { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
            { type: 'text', text: 'It is.' },
          ],
        },
        { role: 'user', content: 'Thanks.' },
      ],
      tools: [tool({}), ADD],
    },
    store: {
      [partsKey('srvtoolu_1')]: kept(HOSTED),
    },
    replies: [says(...TEXT, end())],
  },
  'code-told': {
    shows: 'Code that Gemini runs, where the client has asked for it: as blocks of a command and its result',
    gemini: 'gemini-3.8-flash',
    ask: {
      messages: [
        { role: 'user', content: 'What is 6 * 7?' },
        {
          role: 'assistant',
          content: [
            {
              type: 'server_tool_use',
              id: 'srvtoolu_1',
              name: 'bash_code_execution',
              input: { command: 'x' },
            },
            {
              type: 'bash_code_execution_tool_result',
              tool_use_id: 'srvtoolu_1',
              content: {
                type: 'bash_code_execution_result',
                stdout: '42\n',
                stderr: '',
                return_code: 0,
                content: [],
              },
            },
            { type: 'text', text: 'It is 42.' },
          ],
        },
        { role: 'user', content: 'And by 0?' },
      ],
      tools: [{ type: 'code_execution_20250825', name: 'code_execution' }],
    },
    store: { [partsKey('srvtoolu_1')]: kept([CODE, ran('OUTCOME_OK', '42\n')], 'gemini-3') },
    replies: [
      says(
        chunk([CODE]),
        chunk([ran('OUTCOME_FAILED', 'ZeroDivisionError')]),
        chunk([text('That cannot be.')]),
        end(),
      ),
    ],
  },
  'fetch-told': {
    shows: 'A page that Google reads, told before the text; and one that it could not read',
    ask: {
      messages: [{ role: 'user', content: 'What do https://example.com/a and https://example.com/b say?' }],
      tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }],
    },
    replies: [
      says(
        chunk([text('The first ')], {
          urlContextMetadata: {
            urlMetadata: [
              { retrievedUrl: 'https://example.com/a', urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS' },
              { retrievedUrl: 'https://example.com/b', urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_ERROR' },
            ],
          },
        }),
        chunk([text('says hello.')]),
        end(),
      ),
    ],
  },
  'tool-search': {
    shows:
      'A search for deferred tools: answered in place, and the tool that it found is called in the same answer',
    ask: FINDS,
    replies: [
      says(
        chunk([text('I look. ')]),
        chunk([{ functionCall: FIND, thoughtSignature: signature('find') }]),
        end(),
      ),
      says(chunk([ADDS]), end()),
    ],
  },
  'search-history': {
    shows: 'A search and its citations in the history, and a new one',
    ask: {
      ...SEARCH,
      messages: [
        { role: 'user', content: 'Is the café open?' },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'café 9' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 'srvtoolu_1',
              content: [
                {
                  type: 'web_search_result',
                  url: `${REDIRECT}one`,
                  title: 'example.com',
                  encrypted_content: '',
                  page_age: null,
                },
              ],
            },
            {
              type: 'text',
              text: 'It is.',
              citations: [
                {
                  type: 'web_search_result_location',
                  url: `${REDIRECT}one`,
                  title: 'example.com',
                  encrypted_index: '',
                  cited_text: '',
                },
              ],
            },
            { type: 'server_tool_use', id: 'srvtoolu_2', name: 'web_search', input: { query: 'hours' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 'srvtoolu_2',
              content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
            },
            { type: 'text', text: 'Of the hours I know nothing.' },
          ],
        },
        { role: 'user', content: 'Since when?' },
      ],
    },
    replies: [says(...TEXT, grounded)],
  },
};
