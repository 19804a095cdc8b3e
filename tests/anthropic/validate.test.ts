import { describe, expect, test } from 'bun:test';
import { MessagesError } from '../../src/anthropic/errors.ts';
import { parseCountTokensRequest, parseMessagesRequest } from '../../src/anthropic/validate.ts';
import { markLasting } from '../../src/lib/lasting.ts';
import { claudeCodeRequests, hasCorpus } from '../support/corpus/corpus.ts';

const valid = { model: 'claude-opus-5-5', max_tokens: 16, messages: [{ role: 'user', content: 'hello' }] };
const withContent = (...content: unknown[]) => ({ ...valid, messages: [{ role: 'user', content }] });
const tool = { name: 'Read', input_schema: { type: 'object' } };

function refusal(value: unknown): string {
  try {
    parseMessagesRequest(value);
  } catch (error) {
    if (error instanceof MessagesError) {
      expect([error.type, error.status]).toEqual(['invalid_request_error', 400]);
      return error.message;
    }
    throw error;
  }
  return 'accepted';
}

const without = (key: string) => Object.fromEntries(Object.entries(valid).filter(([name]) => name !== key));

describe('what is refused, and the field that is named', () => {
  test.each<[string, unknown, string]>([
    ['a list', [], 'Input should be a valid dictionary: the request body is not a JSON object'],
    ['no model', without('model'), 'model: Field required'],
    ['no max_tokens', without('max_tokens'), 'max_tokens: Field required'],
    ['no messages', without('messages'), 'messages: Field required'],
    ['messages empty', { ...valid, messages: [] }, 'messages: at least one message is required'],
    ['max_tokens as text', { ...valid, max_tokens: '16' }, 'max_tokens: Input should be a valid integer'],
    ['max_tokens broken', { ...valid, max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer'],
    [
      'max_tokens below zero',
      { ...valid, max_tokens: -1 },
      'max_tokens: Input should be greater than or equal to 0',
    ],
    ['top_k broken', { ...valid, top_k: 1.5 }, 'top_k: Input should be a valid integer'],
    [
      'budget_tokens broken',
      { ...valid, thinking: { type: 'enabled', budget_tokens: 1024.5 } },
      'thinking.enabled.budget_tokens: Input should be a valid integer',
    ],
    [
      'an answer schema that is no object',
      { ...valid, output_config: { format: { type: 'json_schema', schema: 'x' } } },
      'output_config.format.json_schema.schema: Input should be a valid dictionary',
    ],
    ['stream as text', { ...valid, stream: 'yes' }, 'stream: Input should be a valid boolean'],
    ['a number as system', { ...valid, system: 3 }, 'system: Input should be a valid string or list'],
    [
      'a system block without text',
      { ...valid, system: [{ type: 'text' }] },
      'system.0.text: Field required',
    ],
    [
      'an unknown role',
      { ...valid, messages: [{ role: 'tool', content: 'x' }] },
      "messages.0.role: Input should be 'user', 'assistant' or 'system'",
    ],
    ['no content', { ...valid, messages: [{ role: 'user' }] }, 'messages.0.content: Field required'],
    ['a block without type', withContent({ text: 'x' }), 'messages.0.content.0.type: Field required'],
    [
      'a text block without text',
      withContent({ type: 'text' }),
      'messages.0.content.0.text.text: Field required',
    ],
    [
      'text that is a number',
      withContent({ type: 'text', text: 'a' }, { type: 'text', text: 1 }),
      'messages.0.content.1.text.text: Input should be a valid string',
    ],
    [
      'an image without its media type',
      withContent({ type: 'image', source: { type: 'base64', data: 'AA==' } }),
      'messages.0.content.0.image.source.base64.media_type: Field required',
    ],
    [
      'an image of an unknown source',
      withContent({ type: 'image', source: { type: 'disk', path: '/x' } }),
      "messages.0.content.0.image.source: Input tag 'disk' found using 'type' does not match any of the expected tags: 'base64', 'url', 'file'",
    ],
    [
      'an unknown block in a tool result',
      withContent({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'foo' }] }),
      "messages.0.content.0.tool_result.content.0: Input tag 'foo' found using 'type' does not match any of the expected tags: 'text', 'image', 'document', 'search_result', 'tool_reference', 'browser_state'",
    ],
    [
      'a tool result without id',
      withContent({ type: 'tool_result', content: 'x' }),
      'messages.0.content.0.tool_result.tool_use_id: Field required',
    ],
    [
      'a tool without name',
      { ...valid, tools: [{ input_schema: {} }] },
      'tools.0.custom.name: Field required',
    ],
    [
      'a tool without schema',
      { ...valid, tools: [tool, { name: 'B' }] },
      'tools.1.custom.input_schema: Field required',
    ],
    [
      'a schema that is a boolean',
      { ...valid, tools: [{ name: 'B', input_schema: true }] },
      'tools.0.custom.input_schema: Input should be a valid dictionary',
    ],
    [
      'a tool_choice without name',
      { ...valid, tool_choice: { type: 'tool' } },
      'tool_choice.tool.name: Field required',
    ],
    [
      'an unknown tool_choice',
      { ...valid, tool_choice: { type: 'some' } },
      "tool_choice: Input tag 'some' found using 'type' does not match any of the expected tags: 'auto', 'any', 'none', 'tool'",
    ],
    [
      'an unknown effort',
      { ...valid, output_config: { effort: 'huge' } },
      "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    ],
  ])('%s', (_name, value, message) => {
    expect(refusal(value)).toBe(message);
  });

  test('an unknown block type lists the known ones', () => {
    const message = refusal(withContent({ type: 'hologram' }));
    expect(message).toStartWith(
      "messages.0.content.0: Input tag 'hologram' found using 'type' does not match any of the expected tags: 'text', 'image'",
    );
  });
});

describe('what is accepted', () => {
  test.each<[string, unknown]>([
    ['the least', valid],
    ['max_tokens 0', { ...valid, max_tokens: 0 }],
    [
      'unknown fields at every level',
      { ...withContent({ type: 'text', text: 'x', novel: 1 }), novel: { a: [1] } },
    ],
    [
      'null where a field may be absent',
      { ...valid, system: null, tools: null, thinking: null, stream: null },
    ],
    [
      "Anthropic's own tools, which have no schema",
      { ...valid, tools: [{ type: 'bash_20250124', name: 'bash' }] },
    ],
    [
      'a system message in the middle',
      { ...valid, messages: [...valid.messages, { role: 'system', content: [] }] },
    ],
  ])('%s', (_name, value) => {
    expect(refusal(value)).toBe('accepted');
  });

  test('a system message that only sets the effort needs no content', () => {
    const bare = { role: 'system', output_config: { effort: 'low' } };
    const { messages } = parseMessagesRequest({ ...valid, messages: [...valid.messages, bare] });
    expect(messages.at(-1)).toEqual({ role: 'system', content: [], output_config: { effort: 'low' } });
  });

  test('the very value is returned, nothing removed or converted', () => {
    const value = {
      ...withContent({ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }),
    };
    expect<unknown>(parseMessagesRequest(value)).toBe(value);
  });

  test('count_tokens needs no max_tokens', () => {
    expect<unknown>(parseCountTokensRequest(without('max_tokens'))).toEqual(without('max_tokens'));
  });
});

describe.skipIf(!hasCorpus)('what Claude Code sends', () => {
  for (const { name, path, body } of claudeCodeRequests().filter((request) => request.method === 'POST')) {
    test(name, () => {
      const parse = path.includes('count_tokens') ? parseCountTokensRequest : parseMessagesRequest;
      expect<unknown>(parse(body)).toBe(body);
    });
  }
});

test('what is known of tools hides neither that a list is too long, nor a wrong tool beside them', () => {
  const tools = Array.from({ length: 4_097 }, (_, nth) => ({ ...tool, name: `tool_${nth}` }));
  for (const one of tools) markLasting(one);
  const known = tools.slice(0, 4_096);
  expect(refusal({ ...valid, tools: known })).toBe('accepted');
  const tooLong = refusal({ ...valid, tools });
  expect(tooLong).toContain('tools');
  expect(refusal({ ...valid, tools: structuredClone(tools) })).toBe(tooLong);
  expect(refusal({ ...valid, tools: [...known.slice(1), { name: 3 }] })).toContain('tools.4095');
});
