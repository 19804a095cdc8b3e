/** Web search beside the client's own tools, on models that cannot combine the two: a request of its own, in the same answer. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleError, googleStream, hello } from '../../support/proxy.ts';
import { ADD, ask, chunk, cited, page, replies, SEARCH, talk } from '../../support/talks/searches.ts';

describe('on a model that cannot combine the two', () => {
  const OLD = 'gemini-2.5-flash-lite';
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

  test('text after a search goes back before its result, since it was written without that', async () => {
    const early = [
      chunk([{ functionCall: { name: 'web_search', args: { query: 'café' } } }]),
      chunk([{ text: 'One moment. ' }], { finishReason: 'STOP' }),
    ];
    const { messages, bodies } = await talk([early, grounded, early, grounded, says], () =>
      ask({ model: OLD }),
    );
    expect(messages[0]?.content.map(({ type }) => type)).toEqual([
      'server_tool_use',
      'web_search_tool_result',
      'text',
      'server_tool_use',
      'web_search_tool_result',
      'text',
    ]);
    expect(messages[0]?.stop_reason).toBe('end_turn');
    const shape = bodies[4]?.contents.map(({ parts }) => parts.map((part) => Object.keys(part)[0]).join());
    expect(shape).toEqual([
      'text',
      'text,functionCall',
      'functionResponse',
      'text,functionCall',
      'functionResponse',
    ]);
  });

  test('what the answer repeats of the search cites its pages', async () => {
    const found = [
      chunk([{ text: 'Es ist klein. Das Café öffnet um 9.' }], {
        finishReason: 'STOP',
        groundingMetadata: {
          groundingChunks: [page('a.example'), page('b.example')],
          groundingSupports: [cited('Das Café öffnet um 9.', 14, 1)],
        },
      }),
    ];
    const repeats = [chunk([{ text: 'I found: Das Café ' }]), chunk([{ text: 'öffnet um 9. Bye.' }])];
    repeats.push(chunk([], { finishReason: 'STOP' }));
    const { messages, bodies } = await talk([calls('café hours'), found, repeats, says], () =>
      ask({ model: OLD }),
    );
    expect(messages[0]?.content.slice(3)).toMatchObject([
      { type: 'text', text: 'I found: ' },
      {
        type: 'text',
        text: 'Das Café öffnet um 9.',
        citations: [{ type: 'web_search_result_location', url: 'https://b.example/', cited_text: '' }],
      },
      { type: 'text', text: ' Bye.' },
    ] as never);
    expect(bodies).toHaveLength(3);
  });

  test('a stop sequence is found over the end of a citation', async () => {
    const found = [
      chunk([{ text: 'Das Café öffnet um 9.' }], {
        finishReason: 'STOP',
        groundingMetadata: {
          groundingChunks: [page('a.example')],
          groundingSupports: [cited('Das Café öffnet um 9.', 0, 0)],
        },
      }),
    ];
    const repeats = [chunk([{ text: 'Das Café öffnet um 9. So it is.' }], { finishReason: 'STOP' })];
    const { messages } = await talk([calls('x'), found, repeats], () =>
      ask({ model: OLD, stop_sequences: ['9. So'] }),
    );
    expect(messages[0]).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: '9. So' });
    expect(messages[0]?.content.at(-1)).toMatchObject({ type: 'text', text: 'Das Café öffnet um ' });
  });

  test('the tokens of a search are counted, and told by request', async () => {
    const counted = (chunks: object[], promptTokenCount: number, candidatesTokenCount: number) =>
      chunks.map((one) => ({ ...one, usageMetadata: { promptTokenCount, candidatesTokenCount } }));
    const google = scriptedGoogle(
      replies(counted(calls('x'), 100, 5), counted(grounded, 7, 40), counted(says, 160, 3)),
    );
    await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
    const answer = proxy.send('/v1/messages', { ...hello, ...ask({ model: OLD }) });
    const { usage } = await (await google.through(answer)).json();
    expect(usage).toMatchObject({ input_tokens: 267, output_tokens: 48 });
    // The last one is that of the conversation as it is now.
    expect(usage.iterations).toMatchObject([
      { type: 'message', input_tokens: 7, output_tokens: 40 },
      { type: 'message', input_tokens: 100, output_tokens: 5 },
      { type: 'message', input_tokens: 160, output_tokens: 3 },
    ]);
  });

  test('tokens of a search are no part of max_tokens', async () => {
    const { bodies } = await talk(
      [
        calls('x').map((one) => ({
          ...one,
          usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5 },
        })),
        grounded.map((one) => ({
          ...one,
          usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 500 },
        })),
        says,
      ],
      () => ask({ model: OLD, max_tokens: 50, thinking: { type: 'disabled' } }),
    );
    const most = bodies.map((body) => JSON.parse(JSON.stringify(body)).generationConfig.maxOutputTokens);
    expect(most[0] - most[2]).toBe(5);
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
    const google = scriptedGoogle(replies(says));
    await using proxy = await google.start();
    const tools = [{ type: 'code_execution_20250825', name: 'code_execution' }, ADD];
    const response = await proxy.send('/v1/messages', { ...hello, ...ask({ model: OLD, tools }) });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(
      'tools.0.type: code_execution_20250825 is not supported by gemini-2.5-flash-lite beside other tools; send it alone, or use a model of Gemini 3 or later',
    );
  });
});
