import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { MessagesRequest } from '../../src/anthropic/request.ts';
import { parseMessagesRequest } from '../../src/anthropic/validate.ts';
import { callerClass } from '../../src/translate/caller.ts';
import { localAnswer, titleFrom } from '../../src/translate/local-answer.ts';
import { claudeCodeRequests, hasCorpus } from '../support/corpus/corpus.ts';
import { requestOf } from '../support/translation.ts';

const CLI = { userAgent: 'claude-cli/2.1.330 (external, cli)' };
const schemaOf = (properties: Record<string, unknown>) => ({
  output_config: { format: { type: 'json_schema' as const, schema: { type: 'object', properties } } },
});
const TITLE: Partial<MessagesRequest> = {
  ...schemaOf({ title: { type: 'string' } }),
  tools: [],
  system: 'Name the session.',
  thinking: { type: 'disabled' },
  messages: [{ role: 'user', content: 'quota of the build server' }],
};
const PROBE: Partial<MessagesRequest> = { max_tokens: 1, messages: [{ role: 'user', content: 'quota' }] };
const tools = [{ name: 'Read', input_schema: {} }];

const kindOf = (changes: Partial<MessagesRequest>, headers: { userAgent?: string } = CLI) => {
  const request = requestOf(changes);
  return localAnswer(request, callerClass(request, headers))?.kind;
};

describe('what needs no model', () => {
  test.each<[string, Partial<MessagesRequest>, string | undefined]>([
    ['a title', TITLE, 'title'],
    [
      'a title by the older field',
      { ...TITLE, output_config: {}, output_format: TITLE.output_config?.format ?? null },
      'title',
    ],
    [
      'a title with more beside it',
      { ...TITLE, ...schemaOf({ title: { type: 'string' }, branch: { type: 'string' } }) },
      undefined,
    ],
    ['another object', { ...TITLE, ...schemaOf({ name: { type: 'string' } }) }, undefined],
    ['a title that is no text', { ...TITLE, ...schemaOf({ title: { type: 'object' } }) }, undefined],
    ['a title beside tools', { ...TITLE, tools }, undefined],
    ['a title with thoughts', { ...TITLE, thinking: { type: 'adaptive' } }, undefined],
    ['a title of nothing', { ...TITLE, messages: [{ role: 'user', content: ' … ' }] }, undefined],
    [
      'a title of a conversation',
      {
        ...TITLE,
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
          { role: 'user', content: 'c' },
        ],
      },
      undefined,
    ],
    ['a probe', PROBE, 'probe'],
    ['a probe with other words', { ...PROBE, messages: [{ role: 'user', content: 'test' }] }, 'probe'],
    ['the words of a probe in a turn', { ...PROBE, max_tokens: 4096 }, undefined],
    ['one token with a system prompt', { ...PROBE, system: 'S' }, undefined],
    ['one token beside tools', { ...PROBE, tools }, undefined],
    ['one token as a stream', { ...PROBE, stream: true }, undefined],
    ['one token with a stop sequence', { ...PROBE, stop_sequences: ['x'] }, undefined],
    [
      'a question for a title',
      { messages: [{ role: 'user', content: 'Write a title as JSON {"title"}' }] },
      undefined,
    ],
  ])('%s', (_name, changes, expected) => {
    expect(kindOf(changes)).toBe(expected as never);
  });

  test.each([
    ['a title', TITLE],
    ['a probe', PROBE],
  ])('%s of another client is asked', (_name, changes) => {
    expect(kindOf(changes, { userAgent: 'Anthropic/JS 1.14.0' })).toBeUndefined();
  });

  test('no word of the user decides', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (content) => {
        expect(kindOf({ tools, messages: [{ role: 'user', content }] })).toBeUndefined();
        expect(kindOf({ ...PROBE, messages: [{ role: 'user', content }] })).toBe('probe');
      }),
    );
  });
});

describe('a title', () => {
  test.each<[string, string | undefined]>([
    ['fix the bug', 'Fix the bug'],
    ['<session>\nfix the bug\n</session>\n\nWrite it in German.', 'Fix the bug'],
    ['<session>\nfix the <b>bug</b>', 'Fix the <b>bug</b>'],
    ['\n\n---\n# Add a   cache\nto it', 'Add a cache'],
    [
      'rewrite the whole parser so that it reads every form of date',
      'Rewrite the whole parser so that it reads every…',
    ],
    ['größe der Datei prüfen', 'Größe der Datei prüfen'],
    ['修复队列中的竞态条件', '修复队列中的竞态条件'],
    ['a'.repeat(80), `A${'a'.repeat(24)}…`],
    ['…', undefined],
    ['', undefined],
  ])('%j: %p', (text, title) => {
    expect(titleFrom(text)).toBe(title as never);
  });

  test('is one short line, whatever the words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const title = titleFrom(text);
        expect(
          title === undefined || (title.length <= 60 && title.trim() !== '' && !/[\r\n]/.test(title)),
        ).toBe(true);
      }),
    );
  });
});

describe.skipIf(!hasCorpus)('recorded requests of Claude Code', () => {
  const answered = claudeCodeRequests().filter(
    ({ body, path }) => body?.messages && !path.includes('count_tokens'),
  );

  test.each(answered.map(({ name, body, headers }) => [name, body, headers] as const))(
    '%s: only a title is answered here',
    (_name, body, headers) => {
      const request = parseMessagesRequest(body);
      const caller = callerClass(request, {
        userAgent: headers['user-agent'],
        agentId: headers['x-claude-code-agent-id'],
      });
      expect(localAnswer(request, caller)?.kind).toBe((caller === 'title' ? 'title' : undefined) as never);
    },
  );
});
