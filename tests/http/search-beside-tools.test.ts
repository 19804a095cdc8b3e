/** Web search beside the client's own tools, on models that can combine the two: one answer, and the history after it. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { googleError, googleStream, hello } from '../support/proxy.ts';
import { type Script, scriptedGoogle } from '../support/scripted-google.ts';

const SEARCH = { type: 'web_search_20250305' as const, name: 'web_search' as const };
const ADD = {
  name: 'add',
  input_schema: { type: 'object' as const, properties: { a: { type: 'number' } }, required: ['a'] },
};
const [CALL_SIGNED, RESULT_SIGNED] = ['Y2FsbA==', 'cmVzdWx0'];

const searched = (id: string, ...queries: string[]) => ({
  toolCall: { toolType: 'GOOGLE_SEARCH_WEB', args: { queries }, id },
  thoughtSignature: CALL_SIGNED,
});
const gave = (id: string) => ({
  toolResponse: { toolType: 'GOOGLE_SEARCH_WEB', response: { search_suggestions: '<div/>' }, id },
  thoughtSignature: RESULT_SIGNED,
});
const page = (name: string) => ({ web: { uri: `https://${name}/`, title: name } });

const chunk = (parts: object[], candidate: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...candidate }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4 },
});

const cited = (text: string, start: number, ...pages: number[]) => ({
  segment: {
    ...(start > 0 ? { startIndex: start } : {}),
    endIndex: start + Buffer.byteLength(text),
    text,
  },
  groundingChunkIndices: pages,
});

const FOUND = {
  webSearchQueries: ['café 9'],
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

const replies =
  (...answers: object[][]): Script =>
  ({ stream }, index) => {
    const chunks = answers[index] ?? answers.at(-1) ?? [];
    if (stream) return googleStream(...chunks);
    throw new Error('a stream was expected');
  };

type Body = Record<string, never> & { contents: { role: string; parts: object[] }[] };
const bodyOf = (text: string | undefined) => JSON.parse(text ?? '{}') as Body;

async function talk(answers: object[][], ...requests: ((before: Anthropic.Message[]) => object)[]) {
  const google = scriptedGoogle(replies(...answers));
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const messages: Anthropic.Message[] = [];
  for (const request of requests) {
    const body = { ...hello, ...request(messages) } as Anthropic.MessageCreateParamsNonStreaming;
    messages.push(await google.through(client.messages.stream(body).finalMessage()));
  }
  return { messages, bodies: google.asked.map(({ body }) => bodyOf(body)) };
}

const ask = (change: object = {}) => ({
  model: 'gemini-3-flash-preview',
  messages: [{ role: 'user', content: 'When?' }],
  tools: [{ ...SEARCH }, ADD],
  ...change,
});

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

describe('on a model that cannot combine the two', () => {
  const OLD = 'gemini-2.5-flash';
  const calls = (query: unknown) => [
    chunk([{ text: 'Let me see. ' }]),
    chunk([{ functionCall: { name: 'web_search', args: { query } } }], { finishReason: 'STOP' }),
  ];
  const grounded = [
    chunk([{ text: 'Das Café öffnet um 9.' }], {
      finishReason: 'STOP',
      groundingMetadata: { webSearchQueries: ['café'], groundingChunks: [page('a.example')] },
    }),
  ];
  const says = [chunk([{ text: 'At 9.' }], { finishReason: 'STOP' })];

  test('a search is a function, answered in place by a request of its own', async () => {
    const { messages, bodies } = await talk([calls('café hours'), grounded, says], () => ask({ model: OLD }));
    expect(bodies.map(({ tools }) => tools as unknown)).toMatchObject([
      [{ functionDeclarations: [{ name: 'add' }, { name: 'web_search' }] }],
      [{ googleSearch: {} }],
      [{ functionDeclarations: [{ name: 'add' }, { name: 'web_search' }] }],
    ]);
    expect(messages[0]?.content).toMatchObject([
      { type: 'text', text: 'Let me see. ' },
      { type: 'server_tool_use', name: 'web_search', input: { query: 'café hours' } },
      { type: 'web_search_tool_result', content: [{ url: 'https://a.example/', title: 'a.example' }] },
      { type: 'text', text: 'At 9.' },
    ] as never);
    expect(messages[0]?.stop_reason).toBe('end_turn');
    expect(messages[0]?.usage.server_tool_use?.web_search_requests).toBe(1);
    // The model is shown what the search said.
    expect(JSON.stringify(bodies[2]?.contents.at(-1))).toContain('Das Café öffnet um 9.');
    expect(bodies[2]?.contents.at(-1)).toMatchObject({
      parts: [{ functionResponse: { name: 'web_search' } }],
    });
  });

  test('its words come back with the next request', async () => {
    const { bodies } = await talk(
      [calls('café hours'), grounded, says, says],
      () => ask({ model: OLD }),
      ([first]) =>
        ask({
          model: OLD,
          messages: [
            { role: 'user', content: 'When?' },
            { role: 'assistant', content: first?.content },
            { role: 'user', content: 'Sure?' },
          ],
        }),
    );
    expect(bodies[3]?.contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model', 'user']);
    expect(JSON.stringify(bodies[3]?.contents[2])).toContain('Das Café öffnet um 9.');
  });

  test.each<[string, unknown, object, string]>([
    ['without a query', 7, {}, 'invalid_input'],
    ['with a long query', 'a'.repeat(1_001), {}, 'query_too_long'],
  ])('a call %s is told as failed', async (_, query, change, error_code) => {
    const { messages, bodies } = await talk([calls(query), says], () =>
      ask({ model: OLD, tools: [{ ...SEARCH, ...change }, ADD] }),
    );
    expect(messages[0]?.content[2]).toMatchObject({ content: { error_code } });
    expect(bodies).toHaveLength(2);
  });

  test('max_uses is kept to, over all requests of the answer', async () => {
    const { messages } = await talk([calls('one'), grounded, calls('two'), says], () =>
      ask({ model: OLD, tools: [{ ...SEARCH, max_uses: 1 }, ADD] }),
    );
    const results = messages[0]?.content.filter(({ type }) => type === 'web_search_tool_result');
    expect(results).toMatchObject([
      { content: [{ url: 'https://a.example/' }] },
      { content: { error_code: 'max_uses_exceeded' } },
    ] as never);
  });

  test.each<[number, string, string]>([
    [429, 'RESOURCE_EXHAUSTED', 'too_many_requests'],
    [400, 'INVALID_ARGUMENT', 'unavailable'],
  ])('a search that Google refuses with %d is told as failed', async (status, name, error_code) => {
    const google = scriptedGoogle((_, index) =>
      index === 1
        ? googleError(status, name, 'No.')
        : googleStream(...((index === 0 ? calls('x') : says) as object[])),
    );
    await using proxy = await google.start({ MODEL_FALLBACKS: 'none', MAX_RETRIES: '0' });
    const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
    const body = { ...hello, ...ask({ model: OLD }) } as unknown as Anthropic.MessageCreateParamsNonStreaming;
    const message = await google.through(client.messages.stream(body).finalMessage());
    expect(message.content[2]).toMatchObject({ content: { error_code } });
    expect(message.content.at(-1)).toMatchObject({ type: 'text', text: 'At 9.' });
  });

  test('other tools of Google’s are refused, with what to do', async () => {
    const google = scriptedGoogle(replies(MIXED));
    await using proxy = await google.start();
    const tools = [{ type: 'code_execution_20250825', name: 'code_execution' }, ADD];
    const response = await proxy.send('/v1/messages', { ...hello, ...ask({ model: OLD, tools }) });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(
      'tools.0.type: code_execution_20250825 is not supported by gemini-2.5-flash beside other tools; send it alone, or use a model of Gemini 3 or later',
    );
  });
});
