/** Web fetch where Google cannot, or must not, read pages: this process reads them, in the same answer. */
import { describe, expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import {
  asking,
  calls,
  FETCH,
  NEW,
  OLD,
  type Options,
  STOP,
  says,
  talk,
  URL_ASKED,
} from '../../support/talks/page-talk.ts';
import { html } from '../../support/talks/pages.ts';
import { chunk, SEARCH } from '../../support/talks/searches.ts';

const error = (error_code: string) => ({
  type: 'web_fetch_tool_result',
  content: { type: 'web_fetch_tool_result_error', error_code },
});

describe('beside a tool of the client, on a model that cannot combine the two', () => {
  test('the fetch is a function, answered in place with the text of the page', async () => {
    const { content, bodies, messages, asked } = await talk([calls(URL_ASKED), says('At nine.')], [asking()]);
    expect(bodies[0].tools).toMatchObject([
      { functionDeclarations: [{ name: 'add' }, { name: 'web_fetch' }] },
    ]);
    expect(content).toMatchObject([
      { type: 'text', text: 'Let me see. ' },
      {
        type: 'server_tool_use',
        id: expect.stringMatching(/^srvtoolu_/),
        name: 'web_fetch',
        input: { url: URL_ASKED },
        caller: { type: 'direct' },
      },
      {
        type: 'web_fetch_tool_result',
        tool_use_id: (content[1] as { id: string }).id,
        content: {
          type: 'web_fetch_result',
          url: URL_ASKED,
          retrieved_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          content: {
            type: 'document',
            source: {
              type: 'text',
              media_type: 'text/plain',
              data: '# Head\n\nIt opens at nine. [More](https://a.example/y)',
            },
            title: 'A & B',
          },
        },
        caller: { type: 'direct' },
      },
      { type: 'text', text: 'At nine.' },
    ]);
    expect(messages[0]).toMatchObject({
      stop_reason: 'end_turn',
      usage: { server_tool_use: { web_fetch_requests: 1, web_search_requests: 0 } },
    });
    expect(bodies[1].contents.at(-1).parts[0].functionResponse).toMatchObject({ name: 'web_fetch' });
    expect(JSON.stringify(bodies[1].contents.at(-1))).toContain('It opens at nine.');
    expect(asked).toEqual([URL_ASKED]);
  });

  test('a PDF is a document in base64, which the model is shown', async () => {
    const pdf = Buffer.from('%PDF-1.7\nof nothing');
    const { content, bodies } = await talk([calls(URL_ASKED), says('Nothing.')], [asking()], {
      web: () => new Response(pdf, { headers: { 'content-type': 'application/octet-stream' } }),
    });
    expect(content[2]).toMatchObject({
      content: {
        content: {
          source: { type: 'base64', media_type: 'application/pdf', data: pdf.toString('base64') },
          title: null,
        },
      },
    });
    expect(JSON.stringify(bodies[1].contents.at(-1))).toContain(pdf.toString('base64'));
  });

  test('the page goes back with the history as the answer to its call', async () => {
    const { bodies } = await talk(
      [calls(URL_ASKED), says('At nine.'), says('Yes.')],
      [
        asking(),
        {
          after: ([first]: Anthropic.Message[]) => ({
            ...asking(),
            messages: [
              { role: 'user', content: 'Read.' },
              { role: 'assistant', content: first?.content },
              { role: 'user', content: 'Sure?' },
            ],
          }),
        },
      ],
    );
    const [, call, response, text] = bodies[2].contents;
    expect(call.parts.at(-1)).toMatchObject({
      functionCall: { name: 'web_fetch', args: { url: URL_ASKED } },
    });
    expect(JSON.stringify(response.parts)).toContain('It opens at nine.');
    expect(text.parts).toMatchObject([{ text: 'At nine.' }]);
  });

  test('a long page is cut at max_content_tokens', async () => {
    const web = () => html(`<p>${'four words of it '.repeat(5_000)}`);
    const { content } = await talk([calls(URL_ASKED), says('x')], [asking({ max_content_tokens: 100 })], {
      web,
    });
    const { data } = (content[2] as { content: { content: { source: { data: string } } } }).content.content
      .source;
    expect(data.length).toBeGreaterThan(300);
    expect(data.length).toBeLessThan(700);
  });

  test.each<[string, object, unknown, string]>([
    ['no address', {}, 7, 'invalid_tool_input'],
    ['what is no address', {}, 'the page', 'invalid_tool_input'],
    ['an address that was made up', {}, 'https://a.example/x?stolen=1', 'url_not_in_prior_context'],
    ['a longer address than was said', {}, 'https://a.example/xy', 'url_not_in_prior_context'],
    ['the beginning of what was said', {}, 'https://a.example/', 'url_not_in_prior_context'],
    ['a very long address', {}, `${URL_ASKED}?${'q'.repeat(250)}`, 'url_too_long'],
    ['another scheme', {}, 'ftp://a.example/x', 'url_not_allowed'],
    ['a domain that is not allowed', { allowed_domains: ['b.example'] }, URL_ASKED, 'url_not_allowed'],
    ['a path that is not allowed', { allowed_domains: ['a.example/news'] }, URL_ASKED, 'url_not_allowed'],
    ['a domain that is blocked', { blocked_domains: ['a.example'] }, URL_ASKED, 'url_not_allowed'],
    [
      'what only the user said, where that does not count',
      { url_sources: { user_input: { type: 'none' } } },
      URL_ASKED,
      'url_not_in_prior_context',
    ],
  ])('%s is refused, and nothing is asked', async (_name, tool, url, code) => {
    const { content, asked, messages } = await talk([calls(url), says('No.')], [asking(tool)]);
    expect(content[2]).toMatchObject(error(code));
    expect(asked).toEqual([]);
    expect(messages[0]?.usage.server_tool_use?.web_fetch_requests ?? 0).toBe(0);
  });

  test.each<[string, () => Response, string]>([
    ['is missing', () => html('no', { status: 404 }), 'url_not_accessible'],
    ['wants a name', () => html('no', { status: 401 }), 'url_not_accessible'],
    ['is packed', () => html('x', { headers: { 'content-encoding': 'gzip' } }), 'url_not_accessible'],
    [
      'is a picture',
      () => new Response(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
      'unsupported_content_type',
    ],
    [
      'is a program',
      () => new Response('MZ\0\0', { headers: { 'content-type': 'application/octet-stream' } }),
      'unsupported_content_type',
    ],
    ['is too large', () => html('x'.repeat(11 * 1024 * 1024)), 'content_too_large'],
  ])('a page that %s is told as its error', async (_name, web, code) => {
    const { content, messages } = await talk([calls(URL_ASKED), says('No.')], [asking()], { web });
    expect(content[2]).toMatchObject(error(code));
    expect(messages[0]?.stop_reason).toBe('end_turn');
  });

  test.each([
    ['a private host', 'https://inside.example/'],
    ['an address of this machine', 'https://127.0.0.1/'],
    ['a local name', 'https://localhost:8443/x'],
  ])('%s is not asked', async (_name, url) => {
    const { content, asked } = await talk([calls(url), says('No.')], [asking({}, `Read ${url} now`)], {
      inside: ['inside.example'],
    });
    expect(content[2]).toMatchObject({ content: { type: 'web_fetch_tool_result_error' } });
    expect(asked).toEqual([]);
  });

  test('redirects are followed under the same rules', async () => {
    const to = (location: string) => new Response(null, { status: 302, headers: { location } });
    const web = ({ pathname }: URL) => {
      if (pathname === '/x') return to('/moved');
      if (pathname === '/out') return to('https://inside.example/');
      if (pathname === '/round') return to('/round');
      if (pathname === '/other') return to('https://b.example/');
      return html('<p>here');
    };
    const urls = ['x', 'out', 'round', 'other'].map((path) => `https://a.example/${path}`);
    const { content, asked } = await talk(
      [calls(...urls), says('x')],
      [asking({ blocked_domains: ['b.example'] }, `Read ${urls.join(' and ')}.`)],
      { web, inside: ['inside.example'] },
    );
    const results = content.filter((block) => 'tool_use_id' in block);
    expect(results).toMatchObject([
      { content: { url: 'https://a.example/x', content: { source: { data: 'here' } } } },
      error('url_not_accessible'),
      error('url_not_accessible'),
      error('url_not_allowed'),
    ]);
    expect(asked.filter((url) => !url.startsWith('https://a.example/'))).toEqual([]);
  });

  test('max_uses holds for the answer', async () => {
    const urls = ['https://a.example/1', 'https://a.example/2'];
    const { content } = await talk([calls(...urls), says('x')], [asking({ max_uses: 1 }, urls.join(' '))]);
    expect(content.filter((block) => 'tool_use_id' in block)).toMatchObject([
      { content: { type: 'web_fetch_result' } },
      error('max_uses_exceeded'),
    ]);
  });

  test('a page that was read tells addresses that may be read next', async () => {
    const { content, asked } = await talk(
      [calls(URL_ASKED), calls('https://a.example/y'), says('x')],
      [asking()],
    );
    expect(content.filter((block) => 'tool_use_id' in block)).toMatchObject([
      { content: { type: 'web_fetch_result' } },
      { content: { type: 'web_fetch_result' } },
    ]);
    expect(asked).toEqual([URL_ASKED, 'https://a.example/y']);
  });

  test('a fetch that was demanded is not demanded again', async () => {
    const { bodies } = await talk(
      [calls(URL_ASKED), says('x')],
      [{ ...asking(), tool_choice: { type: 'tool', name: 'web_fetch' } }],
    );
    expect(bodies.map(({ toolConfig }) => toolConfig?.functionCallingConfig?.mode)).toEqual([
      'ANY',
      undefined,
    ]);
  });

  test('a client’s own tool of this name stays the client’s', async () => {
    const own = { name: 'web_fetch', input_schema: { type: 'object' } };
    const { messages, asked } = await talk([calls(URL_ASKED)], [{ ...asking(), tools: [own] }]);
    expect(messages[0]).toMatchObject({ stop_reason: 'tool_use', content: [{}, { type: 'tool_use' }] });
    expect(asked).toEqual([]);
  });

  test('nothing is read where URL_FETCH is off', async () => {
    const refused = talk([], [asking()], { env: { URL_FETCH: 'off' } });
    expect(refused).rejects.toThrow(
      /web_fetch_20250910 is not supported by gemini-2.5-flash-lite.*URL_FETCH/,
    );
  });
});

describe('who reads pages', () => {
  const alone = { ...asking(), tools: [FETCH] };
  test.each<[string, string, string, object]>([
    ['Google, where it can', 'google', NEW, { urlContext: {} }],
    ['Google first, where both may', 'google,proxy', NEW, { urlContext: {} }],
    ['this process, where it alone may', 'proxy', NEW, { functionDeclarations: [{ name: 'web_fetch' }] }],
    [
      'this process, for a model that reads none',
      'google',
      'gemini-2.0-flash',
      { functionDeclarations: [{}] },
    ],
  ])('%s', async (_name, URL_FETCH, model, tool) => {
    const { bodies } = await talk([says('x')], [{ ...alone, model }], { env: { URL_FETCH } });
    expect(bodies[0].tools).toMatchObject([tool]);
  });

  test.each<[string, string, object[]]>([
    [
      'stays Google’s, where it may stand beside a function',
      NEW,
      [{ googleSearch: {} }, { functionDeclarations: [{ name: 'web_fetch' }] }],
    ],
    [
      'is a function as well, where it may not',
      OLD,
      [{ functionDeclarations: [{ name: 'web_search' }, { name: 'web_fetch' }] }],
    ],
  ])('a search beside a fetch of this process %s', async (_name, model, tools) => {
    const both = { ...alone, model, tools: [SEARCH, FETCH] };
    const { bodies } = await talk([says('x')], [both], { env: { URL_FETCH: 'proxy' } });
    expect(bodies[0].tools).toMatchObject(tools);
  });

  const read = (status: string) => [
    chunk([{ text: 'I cannot ' }], {
      urlContextMetadata: {
        urlMetadata: [{ retrievedUrl: URL_ASKED, urlRetrievalStatus: `URL_RETRIEVAL_STATUS_${status}` }],
      },
    }),
    chunk([{ text: 'read it.' }], STOP),
  ];
  const both = { env: { URL_FETCH: 'google,proxy' } };

  test.each(['ERROR', 'PAYWALL'])('this process, where Google could not and both may: %s', async (status) => {
    const { content, bodies, messages } = await talk(
      [read(status), says('At nine.')],
      [{ ...alone, model: NEW }],
      both,
    );
    expect(content).toMatchObject([
      { type: 'server_tool_use', name: 'web_fetch', input: { url: URL_ASKED } },
      { type: 'web_fetch_tool_result', content: { content: { title: 'A & B' } } },
      { type: 'text', text: 'At nine.' },
    ]);
    expect(content).toHaveLength(3);
    expect(JSON.stringify(bodies[1].contents)).toContain('It opens at nine.');
    expect(JSON.stringify(bodies[1].contents)).not.toContain('I cannot');
    expect(messages[0]?.usage.server_tool_use?.web_fetch_requests).toBe(1);
  });

  test.each<[string, string, Options]>([
    ['Google says that the page is not safe', 'UNSAFE', both],
    ['the setting names Google alone', 'ERROR', { env: { URL_FETCH: 'google' } }],
    ['this process cannot read it either', 'ERROR', { ...both, web: () => html('', { status: 500 }) }],
  ])('nobody else, where %s', async (_name, status, options) => {
    const { content, bodies } = await talk([read(status)], [{ ...alone, model: NEW }], options);
    expect(content).toMatchObject([
      { name: 'web_fetch' },
      { content: { type: 'web_fetch_tool_result_error' } },
      { type: 'text', text: 'I cannot read it.' },
    ]);
    expect(bodies).toHaveLength(1);
  });
});
