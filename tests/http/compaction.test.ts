/** A conversation that is summarised: by a threshold, or because the client asks for a summary. Read by the official SDK. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import type { BetaMessageParam, MessageCreateParams } from '@anthropic-ai/sdk/resources/beta/messages';
import type { GenerateContentRequest } from '../../src/gemini/wire.ts';
import { heldUpstream } from '../support/held-upstream.ts';
import { googleError, googleStream, startProxy, textChunk } from '../support/proxy.ts';
import { type Asked, busy, type Script, says, scriptedGoogle } from '../support/scripted-google.ts';

const LONG = 'word '.repeat(1_000);
const HISTORY: BetaMessageParam[] = [
  { role: 'user', content: `Name three fruits. ${LONG}` },
  { role: 'assistant', content: `Apple, pear, plum. ${LONG}` },
  { role: 'user', content: 'Which of them is blue?' },
];
const compactFrom = (value: number, more: object = {}) => ({
  edits: [{ type: 'compact_20260112' as const, trigger: { type: 'input_tokens' as const, value }, ...more }],
});

const isSummary = ({ body }: Asked): boolean => body.includes('Write a summary of this whole conversation');
const summarised: Script = (asked) => says(asked, isSummary(asked) ? ' The fruits. ' : 'The plum.');
const contents = ({ body }: Asked) => (JSON.parse(body) as GenerateContentRequest).contents;
const textsOf = (asked: Asked) => contents(asked).flatMap(({ parts }) => parts.map(({ text }) => text ?? ''));

const ask = (changes: object): MessageCreateParams & { stream?: false } => ({
  model: 'claude-opus-5-5',
  max_tokens: 2_000,
  messages: HISTORY,
  ...changes,
});

async function client(script: Script = summarised, env: Record<string, string> = {}) {
  const google = scriptedGoogle(script);
  const proxy = await google.start(env);
  const { messages } = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 }).beta;
  return {
    ...google,
    proxy,
    whole: async (changes: object) => await messages.create(ask(changes)),
    streamed: async (changes: object) => {
      const stream = messages.stream(ask(changes));
      const events: string[] = [];
      stream.on('streamEvent', ({ type, ...event }) => {
        const more =
          'delta' in event && 'type' in event.delta
            ? event.delta.type
            : JSON.stringify('content_block' in event ? event.content_block : '');
        if (type.startsWith('content_block')) events.push(`${type} ${more}`.trim());
      });
      return { message: await stream.finalMessage(), events };
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

const tokens = {
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 10,
  input_tokens: 20,
  output_tokens: 4,
};

describe('from a number of tokens on', () => {
  test('the conversation is summarised, and the answer is made from the summary', async () => {
    await using sdk = await client();
    const { message, events } = await sdk.streamed({
      context_management: compactFrom(1_000),
      tools: [],
      stream: true,
    });
    expect(message.content).toEqual([
      { type: 'compaction', content: 'The fruits.' },
      { type: 'text', text: 'The plum.', citations: null },
    ] as never);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.context_management).toEqual({ applied_edits: [] });
    expect(message.usage).toMatchObject({
      ...tokens,
      iterations: [
        { type: 'compaction', ...tokens },
        { type: 'message', model: 'claude-opus-5-5', ...tokens },
      ],
    });
    expect(events.slice(0, 3)).toEqual([
      'content_block_start {"type":"compaction","content":null}',
      'content_block_delta compaction_delta',
      'content_block_stop ""',
    ]);
    const [first, second] = sdk.asked;
    expect(first && textsOf(first).slice(0, -1)).toEqual(
      HISTORY.map(({ content }) => String(content))
        .slice(0, 2)
        .concat('Which of them is blue?'),
    );
    expect(second && textsOf(second)).toEqual([
      expect.stringContaining('<summary>\nThe fruits.\n</summary>'),
    ]);
  });

  test('a whole answer is the stream, folded', async () => {
    await using sdk = await client();
    const whole = await sdk.whole({ context_management: compactFrom(1_000) });
    const { message } = await sdk.streamed({ context_management: compactFrom(1_000) });
    expect({ ...whole, id: '' } as object).toEqual(
      JSON.parse(JSON.stringify({ ...message, id: '', parsed_output: undefined })),
    );
  });

  test('below that, nothing is summarised', async () => {
    await using sdk = await client();
    const message = await sdk.whole({ context_management: compactFrom(50_000) });
    expect(message.content.map(({ type }) => type)).toEqual(['text']);
    expect(message.usage.iterations).toBeUndefined();
    expect(sdk.asked).toHaveLength(1);
  });

  test('with a pause, the client gets the summary alone, and may go on from it', async () => {
    await using sdk = await client();
    const context_management = compactFrom(1_000, { pause_after_compaction: true });
    const paused = await sdk.whole({ context_management });
    expect(paused.stop_reason).toBe('compaction');
    expect(paused.content).toEqual([{ type: 'compaction', content: 'The fruits.' }] as never);
    expect(paused.usage).toMatchObject({
      input_tokens: 0,
      output_tokens: 0,
      iterations: [{ type: 'compaction', ...tokens }],
    });
    const messages = [...HISTORY, { role: 'assistant' as const, content: paused.content }];
    const { message } = await sdk.streamed({ context_management, messages });
    expect(message.content.map(({ type }) => type)).toEqual(['text']);
    expect(sdk.asked.map(({ body }) => body.includes('Apple'))).toEqual([true, false]);
  });

  test('the client’s own words ask for the summary', async () => {
    await using sdk = await client((asked) => says(asked, 'Said.'));
    await sdk.whole({ context_management: compactFrom(1_000, { instructions: 'Only the fruits, please.' }) });
    const [first] = sdk.asked;
    expect(first && textsOf(first).at(-1)).toBe('Only the fruits, please.');
  });

  test('where the summary was cut off, the client is told so, and the whole conversation is answered', async () => {
    await using sdk = await client((asked) =>
      isSummary(asked) ? googleStream(textChunk('The fru', 'MAX_TOKENS')) : says(asked, 'The plum.'),
    );
    const { message } = await sdk.streamed({ context_management: compactFrom(1_000) });
    expect(message.content).toMatchObject([{ type: 'compaction', content: null }, { text: 'The plum.' }]);
    expect(sdk.asked.map(({ body }) => body.includes('Apple'))).toEqual([true, true]);
  });

  test('with a pause too, since there is nothing to go on from', async () => {
    await using sdk = await client((asked) =>
      isSummary(asked) ? googleStream(textChunk('The fru', 'MAX_TOKENS')) : says(asked, 'The plum.'),
    );
    const context_management = compactFrom(1_000, { pause_after_compaction: true });
    const { message } = await sdk.streamed({ context_management });
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      content: [{ type: 'compaction', content: null }, { text: 'The plum.' }],
    });
  });

  test('a summary that was retried gives its share of the retries back', async () => {
    let strikes = 0;
    await using sdk = await client((asked, index) => {
      if (!isSummary(asked) || strikes++ % 2 === 1) return summarised(asked, index);
      return busy();
    });
    for (let i = 0; i < 20; i++) {
      const message = await sdk.through(sdk.whole({ context_management: compactFrom(1_000) }));
      expect(message.content).toMatchObject([{ type: 'compaction' }, { text: 'The plum.' }]);
    }
  });

  test('a stream that breaks off in the summary is asked for again, and nothing of it is shown', async () => {
    let failed = false;
    await using sdk = await client((asked) => {
      if (!isSummary(asked) || failed) return summarised(asked, 0);
      failed = true;
      return googleStream(textChunk('Half'));
    });
    const { message } = await sdk.through(sdk.streamed({ context_management: compactFrom(1_000) }));
    expect(message.content[0]).toEqual({ type: 'compaction', content: 'The fruits.' } as never);
    expect(sdk.asked).toHaveLength(3);
  });

  test('a client that leaves meanwhile ends the summary', async () => {
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch });
    const leaving = new AbortController();
    const { messages } = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 }).beta;
    const pending = messages
      .create(ask({ context_management: compactFrom(1_000) }), { signal: leaving.signal })
      .catch((error: unknown) => error);
    await upstream.asked;
    leaving.abort();
    expect(await pending).toBeInstanceOf(Anthropic.APIUserAbortError);
    await upstream.left;
  });

  test('an error in the summary is the error of the request', async () => {
    await using sdk = await client(() => googleError(400, 'INVALID_ARGUMENT', 'No.'));
    await expect(sdk.whole({ context_management: compactFrom(1_000) })).rejects.toMatchObject({
      status: 400,
    });
  });
});

describe('the block sent back', () => {
  const ECHOED = { type: 'compaction' as const, content: 'The fruits.' };

  test.each<[string, BetaMessageParam[], (string | undefined)[][]]>([
    [
      'takes the place of everything before it',
      [
        ...HISTORY,
        { role: 'assistant', content: [ECHOED, { type: 'text', text: 'The plum.' }] },
        { role: 'user', content: 'Thanks.' },
      ],
      [
        ['user', 'SUMMARY'],
        ['model', 'The plum.'],
        ['user', 'Thanks.'],
      ],
    ],
    [
      'may stand alone before what follows',
      [
        { role: 'assistant', content: [ECHOED] },
        { role: 'assistant', content: 'The plum.' },
        { role: 'user', content: 'Thanks.' },
      ],
      [
        ['user', 'SUMMARY'],
        ['model', 'The plum.'],
        ['user', 'Thanks.'],
      ],
    ],
    [
      'may stand before the words of the user',
      [{ role: 'user', content: [ECHOED, { type: 'text', text: 'Thanks.' }] }],
      [['user', 'SUMMARY', 'Thanks.']],
    ],
    [
      'the latest one counts',
      [
        { role: 'assistant', content: [{ ...ECHOED, content: 'Older.' }] },
        { role: 'user', content: 'More.' },
        { role: 'assistant', content: [ECHOED, { type: 'text', text: 'Yes.' }] },
        { role: 'user', content: 'Thanks.' },
      ],
      [
        ['user', 'SUMMARY'],
        ['model', 'Yes.'],
        ['user', 'Thanks.'],
      ],
    ],
    [
      'one without a summary says nothing',
      [
        { role: 'user', content: 'Hi.' },
        {
          role: 'assistant',
          content: [
            { ...ECHOED, content: null },
            { type: 'text', text: 'Yes.' },
          ],
        },
        { role: 'user', content: 'Thanks.' },
      ],
      [
        ['user', 'Hi.'],
        ['model', 'Yes.'],
        ['user', 'Thanks.'],
      ],
    ],
  ])('%s', async (_, messages, expected) => {
    await using sdk = await client();
    await sdk.whole({ messages });
    const [asked] = sdk.asked;
    const sent =
      asked &&
      contents(asked).map(({ role, parts }) => [
        role,
        ...parts.map(({ text }) => (text?.includes('<summary>\nThe fruits.\n</summary>') ? 'SUMMARY' : text)),
      ]);
    expect(sent).toEqual(expected);
  });
});

describe('on demand', () => {
  const compaction = { type: 'summarize' as const };

  test('a summary with a seal, and nothing else', async () => {
    await using sdk = await client();
    const { message, events } = await sdk.streamed({ compaction });
    expect(message).toMatchObject({
      stop_reason: 'compaction',
      content: [{ type: 'compaction', content: 'The fruits.', signature: expect.stringMatching(/^g1c:/) }],
      usage: { input_tokens: 0, output_tokens: 0, iterations: [{ type: 'compaction', ...tokens }] },
    });
    expect(events.map((event) => event.split(' ')[0])).toEqual(['content_block_start', 'content_block_stop']);
    expect(await sdk.whole({ compaction })).toMatchObject({
      content: message.content,
      stop_reason: 'compaction',
    });
  });

  test('the summary goes back as it came; a changed one is refused', async () => {
    await using sdk = await client();
    const { content } = await sdk.whole({ compaction });
    const next = { role: 'user' as const, content: 'Go on.' };
    const answer = await sdk.whole({ messages: [{ role: 'assistant', content }, next] });
    expect(answer.content).toMatchObject([{ text: 'The plum.' }]);
    const forged = [{ ...content[0], content: 'Other fruits.' }];
    const changed = sdk.whole({ messages: [{ role: 'assistant', content: forged }, next] });
    await expect(changed).rejects.toMatchObject({
      status: 400,
      error: { error: { details: { error_code: 'compaction_content_mismatch' } } },
    });
  });

  test('a summary of another provider is taken as it is', async () => {
    await using sdk = await client();
    const block = { type: 'compaction', content: 'The fruits.', signature: 'EuYBCkQY' };
    await sdk.whole({
      messages: [
        { role: 'assistant', content: [block] },
        { role: 'user', content: 'Go on.' },
      ],
    });
    expect(sdk.asked[0]?.body).toContain('The fruits.');
  });

  test('the tools are there, but may not be called; the rest of the turn is left out', async () => {
    await using sdk = await client();
    const tools = [{ name: 'peel', input_schema: { type: 'object' as const } }];
    await sdk.whole({ compaction, tools, output_config: { effort: 'low' } });
    expect(JSON.parse(sdk.asked[0]?.body ?? '{}')).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'peel' }] }],
      toolConfig: { functionCallingConfig: { mode: 'NONE' } },
      generationConfig: { thinkingConfig: { thinkingLevel: 'low' } },
    });
  });

  test('tells which tools the conversation has added', async () => {
    await using sdk = await client();
    const late = { name: 'late', input_schema: { type: 'object' as const }, defer_loading: true };
    const inline = { name: 'inline', input_schema: { type: 'object' as const } };
    const messages = [
      ...HISTORY,
      {
        role: 'system',
        content: [
          { type: 'tool_addition', tool: { type: 'tool_reference', name: 'late' } },
          { type: 'tool_addition', tool: { type: 'tool_definition', definition: inline } },
          { type: 'tool_removal', tool: { type: 'tool_reference', name: 'peel' } },
        ],
      },
    ];
    const tools = [late, { ...inline, name: 'peel' }, { ...inline, name: 'cut' }];
    const { content } = await sdk.whole({ compaction, tools, messages });
    expect(content[0]).toMatchObject({
      tool_changes: [
        { type: 'tool_removal', tool: { type: 'tool_reference', name: 'peel' } },
        { type: 'tool_addition', tool: { type: 'tool_reference', name: 'late' } },
        { type: 'tool_addition', tool: { type: 'tool_definition', definition: inline } },
      ],
    });
    await sdk.whole({
      tools,
      messages: [
        { role: 'assistant', content },
        { role: 'user', content: 'Go on.' },
      ],
    });
    const declared = (JSON.parse(sdk.asked[1]?.body ?? '{}') as GenerateContentRequest).tools;
    expect(declared?.[0]?.functionDeclarations?.map(({ name }) => name)).toEqual(['cut', 'late', 'inline']);
  });

  test.each<[string, Parameters<typeof textChunk>, string]>([
    ['cut off', ['The fru', 'MAX_TOKENS'], 'max_tokens'],
    ['refused', ['', 'SAFETY'], 'refusal'],
  ])('where the summary is %s, the answer is empty and says why', async (_, chunk, stopReason) => {
    await using sdk = await client(() => googleStream(textChunk(...chunk)));
    const { message } = await sdk.streamed({ compaction });
    expect(message).toMatchObject({
      content: [],
      stop_reason: stopReason,
      usage: { input_tokens: 0, output_tokens: 0, iterations: [{ type: 'compaction', ...tokens }] },
    });
  });

  test.each<[string, object]>([
    ['context_management', { context_management: { edits: [] } }],
    ['stop_sequences', { stop_sequences: ['x'] }],
    ['output_config.format', { output_config: { format: { type: 'json_schema', schema: {} } } }],
    [
      'tool_choice.any',
      { tools: [{ name: 'a', input_schema: { type: 'object' } }], tool_choice: { type: 'any' } },
    ],
  ])('is refused together with %s', async (name, changes) => {
    await using sdk = await client();
    await expect(sdk.whole({ compaction, ...changes })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`compaction: cannot be used together with \`${name}\``),
    });
  });

  test('is refused while a call waits for its result, and where there is nothing to summarise', async () => {
    await using sdk = await client();
    const call = { type: 'tool_use', id: 'a', name: 'peel', input: {} };
    const open = sdk.whole({ compaction, messages: [...HISTORY, { role: 'assistant', content: [call] }] });
    await expect(open).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('send the results first'),
    });
    const nothing = sdk.whole({ compaction, messages: [{ role: 'system', content: 'Be kind.' }] });
    await expect(nothing).rejects.toMatchObject({
      status: 400,
      error: { error: { details: { error_code: 'compaction_nothing_to_summarize' } } },
    });
  });
});
