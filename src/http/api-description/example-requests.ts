/**
 * Requests that a person can send as they are. The mock answers each of them; what it answers is in
 * `example-answers.json`.
 */
import type { BatchRequest } from '../../anthropic/batch.ts';
import type { CountTokensRequest, MessagesRequest } from '../../anthropic/request.ts';
import type { Tool } from '../../anthropic/tool.ts';
import type { DescribedRoute } from '../route-table.ts';
import type { FaultsParams, ResetParams } from './mock-answers.ts';

type Body = MessagesRequest | CountTokensRequest | BatchRequest | ResetParams | FaultsParams;
export type ExampleRequest = { summary: string; body: Body };

const model = 'claude-opus-5-5';

/** A red square of 32 by 32 pixels. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAMUlEQVR4nGOQizpBU8QwasFoEI2motF8MFpUjJamo/XBaJU52qoYbReNNh2jhkg+AAAqwQBMXIHdwAAAAABJRU5ErkJggg==';

const listFiles = {
  name: 'list_files',
  description: 'Lists the files of a folder.',
  input_schema: {
    type: 'object',
    properties: { path: { type: 'string', description: 'The folder' } },
    required: ['path'],
  },
};

const call = {
  type: 'tool_use',
  id: 'toolu_01ListOfFiles',
  name: 'list_files',
  input: { path: '.' },
} as const;

const search: Tool & { max_uses: number } = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };

const weather = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    sky: { type: 'string', enum: ['clear', 'cloudy', 'rain'] },
    celsius: { type: 'number' },
  },
  required: ['city', 'sky', 'celsius'],
  additionalProperties: false,
};

const MESSAGES: Readonly<Record<string, ExampleRequest>> = {
  plain: {
    summary: 'A question',
    body: { model, max_tokens: 256, messages: [{ role: 'user', content: 'Hello! Who are you?' }] },
  },
  stream: {
    summary: 'A streamed answer',
    body: {
      model,
      max_tokens: 256,
      stream: true,
      messages: [{ role: 'user', content: 'Hello! Who are you?' }],
    },
  },
  conversation: {
    summary: 'A system prompt, and a second question',
    body: {
      model,
      max_tokens: 256,
      system: 'Answer in one sentence.',
      messages: [
        { role: 'user', content: 'What is a proxy?' },
        { role: 'assistant', content: 'A program that passes requests on to another.' },
        { role: 'user', content: 'Hello again! What does this one pass on?' },
      ],
    },
  },
  thinking: {
    summary: 'With thoughts',
    body: {
      model,
      max_tokens: 2048,
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
      messages: [{ role: 'user', content: 'Hello! Think first, then say who you are.' }],
    },
  },
  tool_use: {
    summary: 'A tool that the model calls',
    body: {
      model,
      max_tokens: 1024,
      tools: [listFiles],
      messages: [{ role: 'user', content: 'List the files.' }],
    },
  },
  tool_result: {
    summary: 'The result of a tool',
    body: {
      model,
      max_tokens: 1024,
      tools: [listFiles],
      messages: [
        { role: 'user', content: 'List the files.' },
        { role: 'assistant', content: [call] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: call.id, content: 'README.md\npackage.json\nsrc' }],
        },
      ],
    },
  },
  tool_use_stream: {
    summary: 'A streamed call',
    body: {
      model,
      max_tokens: 1024,
      stream: true,
      tools: [listFiles],
      tool_choice: { type: 'any' },
      messages: [{ role: 'user', content: 'List the files.' }],
    },
  },
  picture: {
    summary: 'A picture',
    body: {
      model,
      max_tokens: 256,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } },
            { type: 'text', text: 'What is in this picture?' },
          ],
        },
      ],
    },
  },
  structured_output: {
    summary: 'An answer that fits a JSON Schema',
    body: {
      model,
      max_tokens: 256,
      output_config: { format: { type: 'json_schema', schema: weather } },
      messages: [{ role: 'user', content: 'Make up the weather of Oslo.' }],
    },
  },
  web_search: {
    summary: 'A search of the web',
    body: {
      model,
      max_tokens: 1024,
      tools: [search],
      messages: [{ role: 'user', content: 'Perform a web search for the query: newest release of Bun' }],
    },
  },
};

const COUNTS: Readonly<Record<string, ExampleRequest>> = {
  plain: {
    summary: 'A question',
    body: { model, messages: [{ role: 'user', content: 'Hello! Who are you?' }] },
  },
  tools: {
    summary: 'A question with a tool',
    body: { model, tools: [listFiles], messages: [{ role: 'user', content: 'List the files.' }] },
  },
};

const BATCHES: Readonly<Record<string, ExampleRequest>> = {
  one: {
    summary: 'One request',
    body: {
      requests: [
        {
          custom_id: 'norway',
          params: {
            model,
            max_tokens: 256,
            messages: [{ role: 'user', content: 'What is the capital of Norway?' }],
          },
        },
      ],
    },
  },
  two: {
    summary: 'Two requests',
    body: {
      requests: ['Norway', 'Sweden'].map((country) => ({
        custom_id: country.toLowerCase(),
        params: {
          model,
          max_tokens: 256,
          messages: [{ role: 'user', content: `What is the capital of ${country}?` }],
        },
      })),
    },
  },
};

const RESETS: Readonly<Record<string, ExampleRequest>> = {
  all: { summary: 'Everything', body: {} },
  one: { summary: 'One test', body: { test_id: 'signs-in' } },
};

const FAULTS: Readonly<Record<string, ExampleRequest>> = {
  two: {
    summary: 'A 429, then a connection that is cut',
    body: { faults: 'http-429@1, cut@2:frame=3', test_id: 'signs-in' },
  },
  none: { summary: 'None any more', body: { faults: '' } },
};

export const EXAMPLE_REQUESTS: Partial<Record<DescribedRoute, Readonly<Record<string, ExampleRequest>>>> = {
  'POST /v1/messages': MESSAGES,
  'POST /v1/messages/count_tokens': COUNTS,
  'POST /v1/messages/batches': BATCHES,
  'POST /__mock/reset': RESETS,
  'POST /__mock/faults': FAULTS,
};
