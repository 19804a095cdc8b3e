/** `MODEL_MAP` by kind of request: which model Google is asked for. */
import { describe, expect, test } from 'bun:test';
import { missing, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { hello } from '../../support/proxy.ts';

const CLI = { 'user-agent': 'claude-cli/2.1.330 (external, cli)' };
const AGENT = { ...CLI, 'x-claude-code-agent-id': 'a1' };
const tools = [{ name: 'Read', input_schema: { type: 'object' } }];
const turn = { ...hello, stream: true, model: 'claude-opus-5-5', tools };
const MODEL_MAP = JSON.stringify({
  'subagent:claude-*': 'gemini-4-neon',
  'main:claude-*': 'gemini-4-carbon',
});

describe('MODEL_MAP by kind of request', () => {
  test.each<[string, string, Record<string, string>, object, string]>([
    ['a subagent', '/v1/messages', AGENT, turn, 'gemini-4-neon'],
    ['the main turn', '/v1/messages', CLI, turn, 'gemini-4-carbon'],
    ['a helper', '/v1/messages', CLI, { ...turn, tools: [] }, 'gemini-4-argon'],
    ['another client', '/v1/messages', {}, turn, 'gemini-4-argon'],
    ["a subagent's count", '/v1/messages/count_tokens', AGENT, { ...hello, tools }, 'gemini-4-neon'],
    ['a count of Claude Code', '/v1/messages/count_tokens', CLI, hello, 'gemini-4-carbon'],
  ])('%s', async (_name, path, headers, body, model) => {
    const google = scriptedGoogle((asked) => (asked.count ? Response.json({ totalTokens: 1 }) : says(asked)));
    await using proxy = await google.start({ MODEL_MAP });
    const response = await google.through(proxy.send(path, body, headers));
    await response.text();
    expect([response.status, google.models()]).toEqual([200, [model]]);
  });

  test('a model of such a pattern that is away has its own place in MODEL_FALLBACKS', async () => {
    const google = scriptedGoogle((asked) => (asked.model === 'gemini-4-neon' ? missing() : says(asked)));
    await using proxy = await google.start({ MODEL_MAP, MODEL_FALLBACKS: 'gemini-4-hydrogen' });
    const response = await google.through(proxy.send('/v1/messages', turn, AGENT));
    await response.text();
    expect(google.models()).toEqual(['gemini-4-neon', 'gemini-4-hydrogen']);
  });
});
