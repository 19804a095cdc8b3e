/** Web search beside the client's own tools, on models that can combine the two: one answer, and the history after it. */
import { describe, expect, test } from 'bun:test';
import { ADD, ask, chunk, cited, page, SEARCH, talk } from '../../support/talks/searches.ts';

const [CALL_SIGNED, RESULT_SIGNED] = ['Y2FsbA==', 'cmVzdWx0'];

const searched = (id: string, ...queries: string[]) => ({
  toolCall: { toolType: 'GOOGLE_SEARCH_WEB', args: { queries }, id },
  thoughtSignature: CALL_SIGNED,
});
const gave = (id: string) => ({
  toolResponse: { toolType: 'GOOGLE_SEARCH_WEB', response: { search_suggestions: '<div/>' }, id },
  thoughtSignature: RESULT_SIGNED,
});
const FOUND = {
  webSearchQueries: ['café 9'],
  searchEntryPoint: { renderedContent: '<div>suggested</div>' },
  groundingChunks: [page('a.example'), page('b.example')],
  // Bytes of UTF-8 over all the text: "Let’s see. " has 13.
  groundingSupports: [cited('Das Café öffnet um 9.', 13, 0, 1)],
};

/** Text, a search, text that is based on it, a call of the client's tool. */
const MIXED = [
  chunk([{ text: 'Let’s see. ' }]),
  chunk([searched('s1', 'café 9', 'café hours')]),
  chunk([gave('s1')]),
  chunk([{ text: 'Das Café ' }]),
  chunk([{ text: 'öffnet um 9.' }, { text: ' Now I add.' }]),
  chunk([{ functionCall: { name: 'add', args: { a: 1 }, id: 'c1' }, thoughtSignature: 'YWRk' }], {
    finishReason: 'STOP',
    groundingMetadata: FOUND,
  }),
];

describe('a search beside a tool of the client', () => {
  test('is asked for together with the function', async () => {
    const { bodies } = await talk([MIXED], () =>
      ask({ tools: [ADD, { ...SEARCH, max_uses: 2, allowed_domains: ['a.example'] }] }),
    );
    expect(bodies[0]).toMatchObject({
      tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'add' }] }],
      toolConfig: {
        functionCallingConfig: { mode: 'VALIDATED' },
        includeServerSideToolInvocations: true,
      },
    });
    const told = JSON.stringify(bodies[0]?.['systemInstruction']);
    expect(told).toContain('a.example');
    expect(told).toContain('at most 2 times');
  });

  test('is told in its place, its pages before the text that cites them', async () => {
    const { messages } = await talk([MIXED], () => ask());
    const [message] = messages;
    const pages = [
      { type: 'web_search_result', url: 'https://a.example/', title: 'a.example' },
      { type: 'web_search_result', url: 'https://b.example/', title: 'b.example' },
    ];
    expect(message?.content).toMatchObject([
      { type: 'text', text: 'Let’s see. ' },
      { type: 'server_tool_use', name: 'web_search', input: { query: 'café 9; café hours' } },
      { type: 'web_search_tool_result', content: pages },
      {
        type: 'text',
        text: 'Das Café öffnet um 9.',
        citations: pages.map(({ url, title }) => ({ type: 'web_search_result_location', url, title })),
      },
      { type: 'text', text: ' Now I add.' },
      { type: 'tool_use', name: 'add', input: { a: 1 } },
    ] as never);
    // Google's suggestions have no place in the answer.
    expect(JSON.stringify(message)).not.toContain('suggested');
    expect(message?.stop_reason).toBe('tool_use');
    expect(message?.usage.server_tool_use?.web_search_requests).toBe(1);
  });

  test('goes back as Google’s own parts, with their signatures', async () => {
    const { bodies } = await talk(
      [MIXED, [chunk([{ text: 'Two.' }], { finishReason: 'STOP' })]],
      () => ask(),
      ([first]) => {
        const call = first?.content.find((block) => block.type === 'tool_use');
        const result = { type: 'tool_result', tool_use_id: call?.id, content: '2' };
        return ask({
          messages: [
            { role: 'user', content: 'When?' },
            { role: 'assistant', content: first?.content },
            { role: 'user', content: [result] },
          ],
        });
      },
    );
    expect(bodies[1]?.contents[1]?.parts).toMatchObject([
      { text: 'Let’s see. ' },
      searched('s1', 'café 9', 'café hours'),
      gave('s1'),
      { text: 'Das Café öffnet um 9.' },
      { text: ' Now I add.' },
      { functionCall: { name: 'add', args: { a: 1 } }, thoughtSignature: 'YWRk' },
    ]);
  });

  test('goes back in words where the request has no search any more', async () => {
    const { bodies } = await talk(
      [MIXED, [chunk([{ text: 'Two.' }], { finishReason: 'STOP' })]],
      () => ask(),
      ([first]) =>
        ask({
          tools: [ADD],
          messages: [
            { role: 'user', content: 'When?' },
            { role: 'assistant', content: first?.content.slice(0, 3) },
            { role: 'user', content: 'So?' },
          ],
        }),
    );
    const parts = bodies[1]?.contents[1]?.parts ?? [];
    expect(JSON.stringify(parts)).not.toContain('toolCall');
    expect(JSON.stringify(parts)).toContain('https://a.example/');
  });

  test('beyond max_uses is told as refused, and its parts are kept', async () => {
    const twice = [
      chunk([searched('s1', 'one'), gave('s1'), searched('s2', 'two'), gave('s2'), { text: 'Both.' }], {
        finishReason: 'STOP',
        groundingMetadata: { groundingChunks: [page('a.example')] },
      }),
    ];
    const { messages } = await talk([twice], () => ask({ tools: [{ ...SEARCH, max_uses: 1 }, ADD] }));
    expect(messages[0]?.content).toMatchObject([
      { type: 'server_tool_use', input: { query: 'one' } },
      { type: 'web_search_tool_result', content: [{ url: 'https://a.example/' }] },
      { type: 'server_tool_use', input: { query: 'two' } },
      {
        type: 'web_search_tool_result',
        content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
      },
      { type: 'text', text: 'Both.' },
    ] as never);
    expect(messages[0]?.usage.server_tool_use?.web_search_requests).toBe(1);
  });

  test.each<[string, object[], string[][]]>([
    [
      'that come between the searches are told with the search before them',
      [
        chunk([searched('s1', 'one'), gave('s1')]),
        chunk([{ text: 'A.' }], { groundingMetadata: { groundingChunks: [page('a.example')] } }),
        chunk([searched('s2', 'two'), gave('s2')]),
        chunk([{ text: 'B.' }], {
          finishReason: 'STOP',
          groundingMetadata: {
            groundingChunks: [page('b.example'), page('c.example')],
            groundingSupports: [cited('A.', 0, 0), cited('B.', 2, 2)],
          },
        }),
      ],
      [['https://a.example/'], ['https://b.example/', 'https://c.example/']],
    ],
    [
      'that come at the end are told with the last',
      [
        chunk([searched('s1', 'one'), gave('s1'), { text: 'A.' }]),
        chunk([searched('s2', 'two'), gave('s2'), { text: 'B.' }], {
          finishReason: 'STOP',
          groundingMetadata: { groundingChunks: [page('a.example'), page('b.example')] },
        }),
      ],
      [[], ['https://a.example/', 'https://b.example/']],
    ],
  ])('pages of several searches %s', async (_, answer, wanted) => {
    const { messages } = await talk([answer], () => ask());
    const found = messages[0]?.content.flatMap((block) =>
      block.type === 'web_search_tool_result' && Array.isArray(block.content)
        ? [block.content.map(({ url }) => url)]
        : [],
    );
    expect(found).toEqual(wanted);
    const citations = messages[0]?.content.flatMap((block) =>
      block.type === 'text' ? (block.citations ?? []) : [],
    );
    if (wanted[0]?.length) {
      expect(citations).toMatchObject([
        { url: 'https://a.example/' },
        { url: 'https://c.example/' },
      ] as never);
    }
  });

  test('that was never answered is told as failed', async () => {
    const open = [chunk([searched('s1', 'one'), { text: 'No.' }], { finishReason: 'STOP' })];
    const { messages } = await talk([open], () => ask());
    expect(messages[0]?.content[1]).toMatchObject({ content: { error_code: 'unavailable' } });
  });

  test('that was not made changes nothing', async () => {
    const plain = [chunk([{ text: 'Hi.' }], { finishReason: 'STOP' })];
    const { messages } = await talk([plain], () => ask());
    expect(messages[0]?.content).toMatchObject([{ type: 'text', text: 'Hi.' }]);
    expect(messages[0]?.usage.server_tool_use?.web_search_requests).toBe(0);
  });

  test('is cut at a stop sequence after it', async () => {
    const { messages } = await talk([MIXED], () => ask({ stop_sequences: ['um 9'] }));
    expect(messages[0]?.stop_sequence).toBe('um 9');
    expect(messages[0]?.content.at(-1)).toMatchObject({ type: 'text', text: 'Das Café öffnet ' });
  });

  test.each<[string, object, string, boolean]>([
    ['by its name', { type: 'tool', name: 'web_search' }, 'VALIDATED', true],
    ['as any tool', { type: 'any' }, 'ANY', false],
    ['as the other tool', { type: 'tool', name: 'add' }, 'ANY', false],
  ])('is demanded %s', async (_, tool_choice, mode, isTold) => {
    const { bodies } = await talk([MIXED], () => ask({ tool_choice }));
    expect(bodies[0]).toMatchObject({ toolConfig: { functionCallingConfig: { mode } } });
    expect(JSON.stringify(bodies[0]?.['systemInstruction'] ?? '').includes('Search the web before')).toBe(
      isTold,
    );
  });

  test('is left out where no tool may be used', async () => {
    const plain = [chunk([{ text: 'Hi.' }], { finishReason: 'STOP' })];
    const { bodies } = await talk([plain], () => ask({ tool_choice: { type: 'none' } }));
    expect(bodies[0]?.['tools']).toMatchObject([{ functionDeclarations: [{ name: 'add' }] }] as never);
    expect(JSON.stringify(bodies[0])).not.toContain('includeServerSideToolInvocations');
  });
});
