/**
 * Fields of a history that other providers never wrote, or that session files lose: they are accepted where nothing
 * depends on them.
 */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { hello, startProxy, textChunk } from '../../support/proxy.ts';

const tools = [{ name: 'look', input_schema: { type: 'object' } }];
const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: null }] };
const call = (more: object = {}) => ({ type: 'tool_use', id: 't1', name: 'look', ...more });
const said = { type: 'text', text: 'hello' };

/** The assistant's blocks, and what Gemini is sent for them. */
const TAKEN: [string, object[], object[]][] = [
  ['a thought without signature', [{ type: 'thinking', thinking: 'hmm' }, said], [{ text: 'hello' }]],
  [
    'a thought with null',
    [{ type: 'thinking', thinking: 'hmm', signature: null }, said],
    [{ text: 'hello' }],
  ],
  [
    'a thought without words',
    [{ type: 'thinking', thinking: null, signature: 'x' }, said],
    [{ text: 'hello' }],
  ],
  ['a redacted thought without data', [{ type: 'redacted_thinking' }, said], [{ text: 'hello' }]],
  ['a redacted thought with null', [{ type: 'redacted_thinking', data: null }, said], [{ text: 'hello' }]],
  [
    'text with nulls for what it has not',
    [{ ...said, citations: null, cache_control: null }],
    [{ text: 'hello' }],
  ],
  ['a call without input', [call()], [{ functionCall: { name: 'look', args: {} } }]],
  ['a call with null', [call({ input: null })], [{ functionCall: { name: 'look', args: {} } }]],
];

describe('taken', () => {
  test.each(TAKEN)('%s', async (_name, content, parts) => {
    const bodies: string[] = [];
    const fetch: Fetch = async (_url, init) => {
      bodies.push(String(init.body));
      return Response.json(textChunk('Hi', 'STOP'));
    };
    await using proxy = await startProxy({ fetch });
    const calls = content.some((block) => 'id' in block);
    const messages = [
      ...hello.messages,
      { role: 'assistant', content },
      calls ? result : { role: 'user', content: 'go on' },
    ];
    const response = await proxy.send('/v1/messages', { ...hello, messages, tools });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hi')]);
    expect(JSON.parse(bodies[0] ?? '').contents[1]).toMatchObject({ role: 'model', parts });
  });
});

/** Otherwise something would be lost, or Gemini would read something else. */
const REFUSED: [string, object, string][] = [
  ['text that is null', { type: 'text', text: null }, 'content.0.text.text: Input should be a valid string'],
  [
    'a call without name',
    { type: 'tool_use', id: 't1', input: {} },
    'content.0.tool_use.name: Field required',
  ],
  [
    'a call without id',
    { type: 'tool_use', name: 'look', input: {} },
    'content.0.tool_use.id: Field required',
  ],
  [
    'a signature that is a number',
    { type: 'thinking', thinking: 'x', signature: 1 },
    'content.0.thinking.signature: Input should be a valid string',
  ],
];

describe('refused, by its place', () => {
  test.each(REFUSED)('%s', async (_name, block, message) => {
    await using proxy = await startProxy();
    const messages = [...hello.messages, { role: 'assistant', content: [block] }];
    const { error } = await (await proxy.send('/v1/messages', { ...hello, messages })).json();
    expect(error).toEqual({ type: 'invalid_request_error', message: `messages.1.${message}` });
  });

  test('no content at all', async () => {
    await using proxy = await startProxy();
    const messages = [...hello.messages, { role: 'assistant', content: null }];
    const { error } = await (await proxy.send('/v1/messages', { ...hello, messages })).json();
    expect(error.message).toBe('messages.1.content: Input should be a valid string or list');
  });
});
