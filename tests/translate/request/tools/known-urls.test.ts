/** Which addresses stood in the conversation, and which sources count. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Message } from '../../../../src/anthropic/request.ts';
import { isWithinDomains } from '../../../../src/translate/request/tools/domains.ts';
import { KnownUrls, textsWithUrls } from '../../../../src/translate/request/tools/known-urls.ts';

const knows = (text: string, url: string): boolean => new KnownUrls([text]).has(url);

describe('an address is known', () => {
  test.each<[string, string]>([
    ['See https://a.example/x?y=1&z=2.', 'https://a.example/x?y=1&z=2'],
    ['(https://a.example/x)', 'https://a.example/x'],
    ['[it](https://a.example/x)', 'https://a.example/x'],
    ['{"url":"https:\\/\\/a.example\\/x"}', 'https://a.example/x'],
    ['<https://a.example/x>,', 'https://a.example/x'],
    ['https://a.example/x/', 'https://a.example/x'],
    ['https://a.example/x', 'https://a.example/x/'],
    ['https://a.example/x#part', 'https://a.example/x'],
    ['https://a.example/x', 'https://a.example/x#part'],
    ['http://a.example/x', 'https://a.example/x'],
    ['Look at a.example/x, please', 'https://a.example/x'],
    ['HTTPS://A.Example/Case', 'https://a.example/Case'],
    ['https://a.example', 'https://a.example/'],
    ['a.example?', 'https://a.example'],
    ['读https://a.example/路。', 'https://a.example/路'],
    ['https://例え.jp/パス', 'https://例え.jp/パス'],
    ['https://r.example/?to=https://a.example/x', 'https://a.example/x'],
    ['https://a.example/x_(y)', 'https://a.example/x_(y)'],
    ['*https://a.example/x*', 'https://a.example/x'],
    ['`https://a.example/x`', 'https://a.example/x'],
    ['https://bücher.example:8443/x', 'https://xn--bcher-kva.example:8443/x'],
    ['<a href="https://a.example/?a=1&amp;b=2">', 'https://a.example/?a=1&b=2'],
    ['https://a.example/x…', 'https://a.example/x'],
    ['https://a.example/x—and so on', 'https://a.example/x'],
    ['\u2067שלום https://a.example/x\u2069، עוד', 'https://a.example/x'],
    ['https://a.example/x، https://a.example/y؟', 'https://a.example/y'],
  ])('%s: %s', (text, url) => expect(knows(text, url)).toBe(true));
});

describe('an address is not known', () => {
  test.each<[string, string]>([
    ['https://a.example/x', 'https://a.example/x?stolen=1'],
    ['https://a.example/x', 'https://a.example/xy'],
    ['https://a.example/xy', 'https://a.example/x'],
    ['https://a.example/x/y', 'https://a.example/x'],
    ['https://a.example/x?y', 'https://a.example/x'],
    ['https://a.example/x_y', 'https://a.example/x'],
    ['https://a.example/x.y', 'https://a.example/x'],
    ['https://a.example/x', 'https://a.example/X'],
    ['https://a.example/x', 'https://b.a.example/x'],
    ['https://b.a.example/x', 'https://a.example/x'],
    ['https://nota.example/x', 'https://a.example/x'],
    ['https://a.example.org/x', 'https://a.example/x'],
    ['mail me@a.example', 'https://a.example'],
    ['https://c.example/a.example/x', 'https://a.example/x'],
    ['https://a.example:8443/x', 'https://a.example/x'],
    ['', 'https://a.example/'],
  ])('%s: %s', (text, url) => expect(knows(text, url)).toBe(false));
});

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const path = fc.array(fc.stringMatching(/^[\w~-]{1,6}$/), { maxLength: 3 }).map((parts) => parts.join('/'));
const url = fc.tuple(word, path).map(([host, rest]) => `https://${host}.example/${rest}`);
const around = fc.constantFrom(' ', '\n', '"', ')', '<', '>', ', ', '. ');

test('what was written is known, wherever it stands', () => {
  fc.assert(
    fc.property(fc.array(url, { minLength: 1, maxLength: 4 }), around, (urls, between) => {
      const text = `Read ${urls.join(between)}${between}now`;
      for (const one of urls) expect(knows(text, one)).toBe(true);
    }),
  );
});

test('what was made longer or shorter is not known', () => {
  fc.assert(
    fc.property(url, fc.stringMatching(/^[a-z0-9]{1,6}$/), (one, more) => {
      expect(knows(`Read ${one} now`, `${one}${more}`)).toBe(false);
      expect(knows(`Read ${one}${more} now`, one)).toBe(false);
      expect(knows(`Read ${one} now`, `${one}?q=${more}`)).toBe(false);
    }),
  );
});

test('whatever the text and the address are, an answer comes', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (text, given) => void knows(text, given)));
  expect(knows('a.example/'.repeat(200_000), 'https://a.example/x')).toBe(false);
});

const URLS = Object.fromEntries(
  ['user', 'mine', 'other', 'found', 'page', 'said', 'thought'].map((name) => [
    name,
    `https://${name}.example/`,
  ]),
);
const HISTORY: Message[] = [
  { role: 'user', content: [{ type: 'text', text: `Read ${URLS['user']}` }] },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: `${URLS['said']}` },
      { type: 'tool_use', id: 't1', name: 'mine', input: { url: URLS['thought'] } },
      { type: 'tool_use', id: 't2', name: 'other', input: {} },
      {
        type: 'web_search_tool_result',
        tool_use_id: 's1',
        content: [{ type: 'web_search_result', url: URLS['found'], title: 'T' }],
      },
      {
        type: 'web_fetch_tool_result',
        tool_use_id: 's2',
        content: {
          type: 'web_fetch_result',
          url: 'https://x.example/',
          content: {
            type: 'document',
            source: { type: 'text', media_type: 'text/plain', data: `to ${URLS['page']}` },
          },
        },
      },
    ] as never,
  },
  {
    role: 'user',
    content: [
      { type: 'tool_result', tool_use_id: 't1', content: `${URLS['mine']}` },
      { type: 'tool_result', tool_use_id: 't2', content: [{ type: 'text', text: `${URLS['other']}` }] },
    ],
  },
];
const named = (...names: string[]) => names.map((name) => ({ type: 'tool_reference' as const, name }));

test.each<[string, Parameters<typeof textsWithUrls>[1], string[]]>([
  ['all of them', {}, ['user', 'mine', 'other', 'found', 'page']],
  ['none of the user', { user_input: { type: 'none' } }, ['mine', 'other', 'found', 'page']],
  ['no results', { client_tool_results: { type: 'none' }, server_tool_results: { type: 'none' } }, ['user']],
  [
    'one tool',
    { client_tool_results: { type: 'only', tools: named('mine') } },
    ['user', 'mine', 'found', 'page'],
  ],
  [
    'all tools but one',
    { client_tool_results: { type: 'except', tools: named('mine') } },
    ['user', 'other', 'found', 'page'],
  ],
  [
    'searches alone',
    { server_tool_results: { type: 'only', tools: named('web_search') } },
    ['user', 'mine', 'other', 'found'],
  ],
])('url_sources: %s', (_name, sources, expected) => {
  const known = new KnownUrls(textsWithUrls(HISTORY, sources));
  expect(Object.keys(URLS).filter((name) => known.has(URLS[name] ?? ''))).toEqual(expected);
});

test.each<[string, string[], string[], boolean]>([
  ['https://a.example/x', [], [], true],
  ['https://a.example/x', ['a.example'], [], true],
  ['https://docs.a.example/x', ['a.example'], [], true],
  ['https://a.example/x', ['docs.a.example'], [], false],
  ['https://nota.example/x', ['a.example'], [], false],
  ['https://a.example/news/1', ['a.example/news'], [], true],
  ['https://a.example/newsletter', ['a.example/news'], [], false],
  ['https://a.example/x', ['https://A.example/'], [], true],
  ['https://docs.a.example/x', ['*.a.example'], [], true],
  ['https://a.example/x', [], ['a.example'], false],
  ['https://a.example/x', [], ['a.example/y'], true],
  ['https://a.example/x', ['a.example/*'], [], true],
  ['https://a.example/', ['a.example/*'], [], true],
  ['https://a.example/x', [], ['a.example/*'], false],
  ['https://a.example/en/news/1', ['a.example/*/news'], [], true],
  ['https://a.example/en/newsletter', ['a.example/*/news'], [], false],
  ['https://a.example/news', ['a.example/*/news'], [], false],
  ['https://a.example/blog-2/x', ['a.example/blog*'], [], true],
  ['https://bücher.example/x', ['bücher.example'], [], true],
  ['https://xn--bcher-kva.example/x', [], ['Bücher.example'], false],
  ['https://bücher.example/größe', ['xn--bcher-kva.example/gr%C3%B6%C3%9Fe'], [], true],
  ['https://a.example./x', [], ['a.example'], false],
  ['https://a.example/%61dmin/x', [], ['a.example/admin'], false],
  ['https://a.example/100%25', ['a.example:443/100%25'], [], true],
  ['https://a.example/x', ['', ' ', '/'], [], false],
])('%s with %p and without %p: %p', (address, allowed_domains, blocked_domains, isAllowed) => {
  expect(isWithinDomains(new URL(address), { allowed_domains, blocked_domains })).toBe(isAllowed);
});
