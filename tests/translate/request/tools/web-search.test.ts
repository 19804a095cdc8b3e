/** The request whose only tool is Anthropic's web search. */
import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../../../src/anthropic/request.ts';
import { parseMessagesRequest } from '../../../../src/anthropic/validate.ts';
import { toCountRequest } from '../../../../src/translate/count.ts';
import { toGeminiRequest } from '../../../../src/translate/request/index.ts';
import { contextFor, requestOf } from '../../../support/translation.ts';

const search = (change: object = {}) => ({ type: 'web_search_20250305', name: 'web_search', ...change });
const translate = (change: Partial<MessagesRequest>, model?: string) =>
  toGeminiRequest(parseMessagesRequest(requestOf(change)), contextFor(model));
const instructions = (change: Partial<MessagesRequest>) =>
  (translate(change).body.systemInstruction?.parts ?? []).map(({ text }) => text);

describe('is one grounded call', () => {
  test.each(['20250305', '20260209', '20260318', '20991231'])('web_search_%s', (date) => {
    const { body, plan, warnings } = translate({
      tools: [search({ type: `web_search_${date}`, max_uses: 8 })],
      tool_choice: { type: 'auto' },
    });
    expect(body.tools).toEqual([{ googleSearch: {} }]);
    expect(body.toolConfig).toBeUndefined();
    expect(body.systemInstruction).toBeUndefined();
    expect(plan.search).toEqual({
      isAlone: true,
      mostUses: undefined,
      question: 'hello',
      allowedDomains: [],
      blockedDomains: [],
      cites: true,
    });
    expect(warnings).toEqual([]);
  });

  test('counted with the search in it', () => {
    expect(toCountRequest(requestOf({ tools: [search()] }), contextFor()).body.tools).toEqual([
      { googleSearch: {} },
    ]);
  });

  test('not where no tool may be used', () => {
    const { body, plan } = translate({ tools: [search()], tool_choice: { type: 'none' } });
    expect(body.tools).toBeUndefined();
    expect(plan.search).toBeUndefined();
  });

  test('a field that is not known is told', () => {
    const { warnings } = translate({ tools: [search({ depth: 3 })] });
    expect(warnings.map(({ path }) => path)).toEqual(['tools.0.depth']);
  });
});

describe('in words, where Google has no setting', () => {
  test.each<[string, Partial<MessagesRequest>, RegExp[]]>([
    [
      'a forced search',
      { tools: [search()], tool_choice: { type: 'tool', name: 'web_search' } },
      [/Search the web/],
    ],
    ['any tool', { tools: [search()], tool_choice: { type: 'any' } }, [/Search the web/]],
    [
      'allowed domains',
      { tools: [search({ allowed_domains: ['a.com', 'b.org'] })] },
      [/only.*: a\.com, b\.org$/],
    ],
    ['blocked domains', { tools: [search({ blocked_domains: ['a.com'] })] }, [/no results.*: a\.com$/]],
    [
      'a place',
      {
        tools: [
          search({
            user_location: {
              type: 'approximate',
              city: 'Ulm',
              region: 'Bavaria',
              country: 'DE',
              timezone: 'Europe/Berlin',
            },
          }),
        ],
      },
      [/here: Ulm, Bavaria, DE, time zone Europe\/Berlin$/],
    ],
    [
      'a place that says nothing',
      { tools: [search({ user_location: { type: 'approximate', city: null } })] },
      [],
    ],
    ['empty lists', { tools: [search({ allowed_domains: [], blocked_domains: null })] }, []],
  ])('%s', (_, change, said) => {
    const texts = instructions({ system: 'Be brief.', ...change });
    expect(texts[0]).toBe('Be brief.');
    expect(texts.slice(1)).toHaveLength(said.length);
    for (const [index, pattern] of said.entries()) expect(texts[index + 1]).toMatch(pattern);
  });

  test('domains are held to by their hosts', () => {
    const list = ['Example.com/news', 'https://docs.b.org', '*.c.net', ' '];
    expect(translate({ tools: [search({ allowed_domains: list })] }).plan.search?.allowedDomains).toEqual([
      'example.com',
      'docs.b.org',
      'c.net',
    ]);
  });

  test('JSON is asked for in words where the model takes no schema beside a search', () => {
    const output_config = { format: { type: 'json_schema' as const, schema: { type: 'object' } } };
    const old = translate({ tools: [search()], output_config }, 'gemini-2.5-flash');
    expect(old.body.generationConfig?.responseJsonSchema).toBeUndefined();
    expect(old.body.systemInstruction?.parts.at(-1)?.text).toContain('JSON Schema');
    const { body, plan } = translate({ tools: [search()], output_config });
    expect(body.generationConfig?.responseMimeType).toBe('application/json');
    expect(plan.search?.cites).toBe(false);
  });
});

test('the question is the last of the user, without what stands between', () => {
  const messages: MessagesRequest['messages'] = [
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'ok' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'and ' },
        { type: 'text', text: 'now?' },
      ],
    },
  ];
  expect(translate({ messages, tools: [search()] }).plan.search?.question).toBe('and \nnow?');
});

describe('refused, naming the field', () => {
  test.each<[string, Partial<MessagesRequest>, string]>([
    [
      'beside its like',
      { tools: [search(), search({ type: 'web_search_20260209' })] },
      'tools: Tool names must be unique.',
    ],
    [
      'allowed and blocked',
      { tools: [search({ allowed_domains: ['a'], blocked_domains: ['b'] })] },
      'tools.0.web_search_20250305: allowed_domains and blocked_domains cannot be used together',
    ],
    [
      'no uses',
      { tools: [search({ max_uses: 0 })] },
      'tools.0.web_search_20250305.max_uses: Input should be greater than or equal to 1',
    ],
    [
      'another name',
      { tools: [search({ name: 'find' })] },
      "tools.0.web_search_20250305.name: Input should be 'web_search'",
    ],
    [
      'a domain that is no text',
      { tools: [search({ allowed_domains: [1] })] },
      'tools.0.web_search_20250305.allowed_domains.0: Input should be a valid string',
    ],
    [
      'a place of another kind',
      { tools: [search({ user_location: { type: 'exact' } })] },
      "tools.0.web_search_20250305.user_location: Input tag 'exact' found using 'type' does not match any of the expected tags: 'approximate'",
    ],
  ])('%s', (_, change, message) => {
    expect(() => translate(change)).toThrow(message);
  });
});
