/** What is refused, and in which words; and what is not refused. */
import { describe, expect, test } from 'bun:test';
import { MessagesError } from '../../../../src/anthropic/errors.ts';
import type { ApiVersion, Message, MessagesRequest } from '../../../../src/anthropic/request.ts';
import { toGeminiRequest } from '../../../../src/translate/request/index.ts';
import { contextFor, requestOf } from '../../../support/translation.ts';

const START: Message = { role: 'user', content: 'go' };
const tool = { name: 'A', input_schema: { type: 'object' } };
const user = (...content: unknown[]): Partial<MessagesRequest> => ({
  messages: [{ role: 'user', content: content as [] }],
});
const assistant = (...content: unknown[]): Partial<MessagesRequest> => ({
  messages: [START, { role: 'assistant', content: content as [] }, START],
});

function refusal(changes: object, version: ApiVersion = '2023-06-01'): MessagesError | undefined {
  try {
    toGeminiRequest(
      requestOf(changes as Partial<MessagesRequest>),
      contextFor('gemini-4-argon', { apiVersion: version }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof MessagesError) return error;
    throw error;
  }
}

const format = { type: 'json_schema', schema: {} };
const OLD = '2023-06-01';
const NEW = '2026-10-21';

const added = (addedTool: object) => ({
  messages: [START, { role: 'system', content: [{ type: 'tool_addition', tool: addedTool }] }],
});

describe('refused, naming the field', () => {
  const TABLE: [string, object, ApiVersion?][] = [
    [
      'tools.0.type: computer_20251124 is not supported by this model; declare a tool of your own with an `input_schema` that takes the screenshot and the clicks',
      { tools: [{ type: 'computer_20251124', name: 'computer' }] },
    ],
    [
      'tools.0.type: mcp_toolset is not supported by this model; connect to the MCP server in the client, and declare its tools with their `input_schema`',
      { tools: [{ type: 'mcp_toolset' }] },
    ],
    [
      'tools.0.type: advisor_20260301 is not supported by this model; leave it out, or ask another model with a request of its own',
      { tools: [{ type: 'advisor_20260301', name: 'advisor' }] },
    ],
    [
      'tools.0.type: crystal_20301231 is not supported by this model; leave it out, or declare a tool of your own with `name` and `input_schema`',
      { tools: [{ type: 'crystal_20301231', name: 'c' }] },
    ],
    ['tools: Tool names must be unique.', { tools: [tool, tool] }],
    ['tools.0.custom.input_schema: Field required', { tools: [{ name: 'A' }] }],
    [
      "tools.0.custom.input_schema.type: Input should be 'object'",
      { tools: [{ name: 'A', input_schema: { type: 'string' } }] },
    ],
    [
      "tool_choice.name: Tool 'B' not found in provided tools",
      { tools: [tool], tool_choice: { type: 'tool', name: 'B' } },
    ],
    [
      "tool_choice.name: Tool 'A' not found in provided tools",
      { tools: [{ ...tool, allowed_callers: ['code'] }], tool_choice: { type: 'tool', name: 'A' } },
    ],
    ['tool_choice.any may only be specified while providing tools.', { tool_choice: { type: 'any' } }],
    [
      'messages.1.content.0.tool_addition.tool.type: mcp_toolset_reference is not supported by this model; connect to the MCP server in the client, and declare its tools with their `input_schema`',
      added({ type: 'mcp_toolset_reference', server_name: 's' }),
    ],
    [
      'messages.1.content.0.tool_addition.tool.tool_definition.definition.type: computer_20251124 is not supported by this model; declare a tool of your own with an `input_schema` that takes the screenshot and the clicks',
      added({ type: 'tool_definition', definition: { type: 'computer_20251124', name: 'computer' } }),
    ],
    [
      'mcp_servers: not supported by this model; connect to the MCP servers in the client, and declare their tools in `tools`',
      { mcp_servers: [{}] },
    ],
    [
      'container: not supported by this model; leave it out: code runs without files of earlier requests',
      { container: 'c' },
    ],
    ['fallbacks: a list of models is not supported by this model', { fallbacks: ['x'] }],
    [
      'output_format: cannot be used together with `output_config.format`',
      { output_format: format, output_config: { format } },
    ],
    ['thinking.enabled.budget_tokens: Field required', { thinking: { type: 'enabled' } }],
    [
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
      { thinking: { type: 'enabled', budget_tokens: 10 } },
    ],
    [
      '`max_tokens` must be greater than `thinking.budget_tokens`',
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
    ],
    ['temperature: range: 0..1', { temperature: 2 }],
    ['temperature: Extra inputs are not permitted', { temperature: 1 }, NEW],
    ['top_k: Extra inputs are not permitted', { top_k: 1 }, NEW],
    ['messages: at least one message is required', { messages: [] }],
    ['messages: text content blocks must be non-empty', user({ type: 'text', text: '' })],
    [
      'messages.0: all messages must have non-empty content except for the optional final assistant message',
      user(),
    ],
    [
      'This model does not support assistant message prefill. The conversation must end with a user message.',
      { messages: [START, { role: 'assistant', content: 'x' }] },
    ],
    [
      'This model does not support assistant message prefill. The conversation must end with a user message.',
      { messages: [START, { role: 'assistant', content: 'x' }, { role: 'system', content: [] }] },
    ],
    [
      'This model does not support assistant message prefill. The conversation must end with a user message.',
      {
        messages: [
          START,
          { role: 'assistant', content: 'x' },
          { role: 'user', content: [{ type: 'text', text: '' }] },
        ],
      },
    ],
    [
      'messages.0.content.0: `tool_use` blocks can only be in `assistant` messages',
      user({ type: 'tool_use', id: 'a', name: 'A', input: {} }),
    ],
    [
      'messages.1.content.0: `tool_result` blocks can only be in `user` messages',
      assistant({ type: 'tool_result', tool_use_id: 'a' }),
    ],
    [
      'messages.1.content.0: `document` blocks cannot be in `assistant` messages',
      assistant({ type: 'document', source: { type: 'text', data: 'x' } }),
      NEW,
    ],
    [
      'messages.0.content.0.text.citations: Extra inputs are not permitted',
      user({ type: 'text', text: 'a', citations: [{}] }),
      NEW,
    ],
    [
      "messages.0.content.0.image.source.base64.media_type: Input should be one of 'image/jpeg', 'image/png', 'image/gif', 'image/webp'",
      user({ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'AA==' } }),
    ],
    [
      'messages.0.content.0.image.source.base64.data: could not process image',
      user({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '%%' } }),
    ],
    [
      'messages.0.content.0.document.source.base64.data: The PDF specified was not valid.',
      user({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: ' ' } }),
    ],
    [
      'stop_sequences: 80000 characters together; at most 65536 can be looked for',
      { stop_sequences: ['a'.repeat(40_000), 'b'.repeat(40_000)] },
    ],
    [
      "messages.0.content.0: Input tag 'constructor' found using 'type' does not match any of the expected tags",
      user({ type: 'constructor' }),
    ],
  ];
  test.each(TABLE.map(([message, changes, version = OLD]) => ({ message, changes, version })))(
    '$message',
    ({ message, changes, version }) => {
      const error = refusal(changes, version);
      expect(error?.message).toBe(message);
      expect([error?.type, error?.status]).toEqual(['invalid_request_error', 400]);
    },
  );

  test('a thread, with the code that makes the SDK send the whole conversation', () => {
    const error = refusal({ thread: { type: 'create' } });
    expect(error?.status).toBe(400);
    expect(error?.details).toEqual({ error_code: 'thread_unsupported_request' });
  });
});

describe('not refused', () => {
  const TABLE: [string, object, ApiVersion?][] = [
    ['an unknown field', { something_new: { a: 1 } }],
    [
      'clearing of thoughts',
      { context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] } },
    ],
    ['clearing of tool uses', { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } }],
    ['fallbacks by default', { fallbacks: 'default' }],
    ['nulls and empty lists', { thread: null, container: null, mcp_servers: [], fallbacks: [], tools: null }],
    ['temperature at the old version', { temperature: 1 }],
    [
      'a document of the assistant at the old version',
      assistant({ type: 'document', source: { type: 'text', data: 'x' } }),
    ],
    ['an empty assistant message', assistant()],
    [
      'forced tools with thinking',
      { tools: [tool], tool_choice: { type: 'any' }, thinking: { type: 'adaptive' } },
    ],
    [
      'a call without a result at the end',
      {
        messages: [
          START,
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'A', input: {} }] },
        ],
      },
    ],
  ];
  test.each(TABLE.map(([name, changes, version = OLD]) => ({ name, changes, version })))(
    '$name',
    ({ changes, version }) => {
      expect(refusal(changes, version)).toBeUndefined();
    },
  );
});
