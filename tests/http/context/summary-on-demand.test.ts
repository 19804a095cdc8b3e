/** A client that asks for a summary of its conversation, and for nothing else. */
import { describe, expect, test } from 'bun:test';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { googleStream, textChunk } from '../../support/proxy.ts';
import { HISTORY, summarisingClient, TOKENS } from '../../support/talks/summaries.ts';

describe('on demand', () => {
  const compaction = { type: 'summarize' as const };

  test('a summary with a seal, and nothing else', async () => {
    await using sdk = await summarisingClient();
    const { message, events } = await sdk.streamed({ compaction });
    expect(message).toMatchObject({
      stop_reason: 'compaction',
      content: [{ type: 'compaction', content: 'The fruits.', signature: expect.stringMatching(/^g1c:/) }],
      usage: { input_tokens: 0, output_tokens: 0, iterations: [{ type: 'compaction', ...TOKENS }] },
    });
    expect(events.map((event) => event.split(' ')[0])).toEqual(['content_block_start', 'content_block_stop']);
    expect(await sdk.whole({ compaction })).toMatchObject({
      content: message.content,
      stop_reason: 'compaction',
    });
  });

  test('the client’s own instructions ask for it', async () => {
    await using sdk = await summarisingClient();
    await sdk.whole({ compaction: { ...compaction, instructions: 'Only the fruits, please.' } });
    expect(
      JSON.parse(sdk.asked[0]?.body ?? '{}')
        .contents.at(-1)
        .parts.at(-1),
    ).toEqual({
      text: 'Only the fruits, please.',
    });
  });

  test('the summary goes back as it came; a changed one is refused', async () => {
    await using sdk = await summarisingClient();
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
    await using sdk = await summarisingClient();
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
    await using sdk = await summarisingClient();
    const tools = [{ name: 'peel', input_schema: { type: 'object' as const } }];
    await sdk.whole({ compaction, tools, output_config: { effort: 'low' } });
    expect(JSON.parse(sdk.asked[0]?.body ?? '{}')).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'peel' }] }],
      toolConfig: { functionCallingConfig: { mode: 'NONE' } },
      generationConfig: { thinkingConfig: { thinkingLevel: 'low' } },
    });
  });

  test('nothing is searched for in the web', async () => {
    await using sdk = await summarisingClient();
    await sdk.whole({ compaction, tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    expect(JSON.parse(sdk.asked[0]?.body ?? '{}').tools).toBeUndefined();
  });

  test('tells which tools the conversation has added', async () => {
    await using sdk = await summarisingClient();
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
    await using sdk = await summarisingClient(() => googleStream(textChunk(...chunk)));
    const { message } = await sdk.streamed({ compaction });
    expect(message).toMatchObject({
      content: [],
      stop_reason: stopReason,
      usage: { input_tokens: 0, output_tokens: 0, iterations: [{ type: 'compaction', ...TOKENS }] },
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
    await using sdk = await summarisingClient();
    await expect(sdk.whole({ compaction, ...changes })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`compaction: cannot be used together with \`${name}\``),
    });
  });

  test('is refused while a call waits for its result, and where there is nothing to summarise', async () => {
    await using sdk = await summarisingClient();
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
