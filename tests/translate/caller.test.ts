import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/anthropic/request.ts';
import {
  type AnsweredCaller,
  type CallerClass,
  callerClass,
  countedCaller,
} from '../../src/translate/caller.ts';
import { claudeCodeRequests, hasCorpus } from '../support/corpus/corpus.ts';
import { requestOf } from '../support/translation.ts';

const CLI = { userAgent: 'claude-cli/2.1.330 (external, cli)' };
const tools = [{ name: 'A', input_schema: {} }];
const format = { type: 'json_schema' as const, schema: {} };
const marked = { type: 'text' as const, text: 'x', cache_control: { type: 'ephemeral' } };
const result = { type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'x' };
const talk: MessagesRequest['messages'] = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: [marked] },
];

describe('a caller', () => {
  test.each<[AnsweredCaller, Partial<MessagesRequest>, { userAgent?: string; agentId?: string }]>([
    ['main', { tools }, CLI],
    ['title', { tools: [], output_config: { format } }, CLI],
    ['helper', { tools: [], thinking: { type: 'disabled' } }, CLI],
    ['web-search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, CLI],
    ['subagent', { tools }, { ...CLI, agentId: 'a1' }],
    ['classifier', { stop_sequences: ['</block>'] }, CLI],
    ['compaction', { tools, messages: [...talk, { role: 'user', content: 'sum up' }] }, CLI],
    [
      'compaction',
      { tools, messages: [...talk, { role: 'user', content: [result, { type: 'text', text: 'sum up' }] }] },
      CLI,
    ],
    ['main', { tools, messages: [...talk, { role: 'user', content: [result] }] }, CLI],
    ['main', { tools, messages: [...talk, { role: 'user', content: [marked] }] }, CLI],
    [
      'main',
      { tools, messages: [...talk, { role: 'user', content: 'b' }, { role: 'system', content: [marked] }] },
      CLI,
    ],
    ['sdk', { tools }, { userAgent: 'Anthropic/JS 1.12.0' }],
    ['sdk', {}, {}],
  ])('%s', (expected, changes, headers) => {
    expect(callerClass(requestOf(changes), headers)).toBe(expected);
  });

  test('count-tokens', () => {
    expect(callerClass({ model: 'm', messages: [] }, CLI)).toBe('count-tokens');
  });

  test.each<[AnsweredCaller, { userAgent?: string; agentId?: string }]>([
    ['main', CLI],
    ['subagent', { ...CLI, agentId: 'a1' }],
    ['sdk', { userAgent: 'Anthropic/JS 1.12.0', agentId: 'a1' }],
  ])('whose request is counted: %s', (expected, headers) => {
    expect(countedCaller(headers)).toBe(expected);
  });
});

describe.skipIf(!hasCorpus)('callers of the corpus', () => {
  const byName = new Map(
    claudeCodeRequests()
      .filter(({ body }) => body?.messages)
      .map(({ name, body, headers }): [string, CallerClass] => [
        name.replace('.json', ''),
        callerClass(body, { userAgent: headers['user-agent'], agentId: headers['x-claude-code-agent-id'] }),
      ]),
  );

  test.each<[string, CallerClass]>([
    ['compact-and-context-03', 'compaction'],
    ['compact-and-context-05', 'main'],
    ['compact-and-context-06', 'count-tokens'],
    ['compact-and-context-17', 'count-tokens'],
    ['title-and-bash-01', 'title'],
    ['title-and-bash-02', 'main'],
    ['title-and-bash-03', 'main'],
    ['mcp-deferred-03', 'main'],
    ['tool-search-web-image-pdf-subagent-03', 'web-search'],
    ['tool-search-web-image-pdf-subagent-05', 'subagent'],
    ['write-run-fail-04', 'main'],
  ])('%s is %s', (name, expected) => {
    expect(byName.get(name)).toBe(expected);
  });
});
