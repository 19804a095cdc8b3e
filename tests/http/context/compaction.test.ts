/** A conversation that is summarised from a number of tokens on, and the summary that comes back. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import type { BetaMessageParam } from '@anthropic-ai/sdk/resources/beta/messages';
import { heldUpstream } from '../../support/google/held-upstream.ts';
import { busy, says } from '../../support/google/scripted-google.ts';
import { googleError, googleStream, startProxy, textChunk } from '../../support/proxy.ts';
import {
  ask,
  compactFrom,
  contents,
  HISTORY,
  isSummary,
  summarised,
  summarisingClient,
  TOKENS,
  textsOf,
} from '../../support/talks/summaries.ts';

describe('from a number of tokens on', () => {
  test('the conversation is summarised, and the answer is made from the summary', async () => {
    await using sdk = await summarisingClient();
    const { message, events } = await sdk.streamed({
      context_management: compactFrom(1_000),
      tools: [],
      stream: true,
    });
    expect(message.content).toEqual([
      { type: 'compaction', content: 'The fruits.' },
      { type: 'text', text: 'The plum.' },
    ] as never);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.context_management).toEqual({ applied_edits: [] });
    expect(message.usage).toMatchObject({
      ...TOKENS,
      iterations: [
        { type: 'compaction', ...TOKENS },
        { type: 'message', model: 'claude-opus-5-5', ...TOKENS },
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
    await using sdk = await summarisingClient();
    const whole = await sdk.whole({ context_management: compactFrom(1_000) });
    const { message } = await sdk.streamed({ context_management: compactFrom(1_000) });
    expect({ ...whole, id: '' } as object).toEqual(
      JSON.parse(JSON.stringify({ ...message, id: '', parsed_output: undefined })),
    );
  });

  test('below that, nothing is summarised', async () => {
    await using sdk = await summarisingClient();
    const message = await sdk.whole({ context_management: compactFrom(50_000) });
    expect(message.content.map(({ type }) => type)).toEqual(['text']);
    expect(message.usage.iterations).toBeUndefined();
    expect(sdk.asked).toHaveLength(1);
  });

  test('with a pause, the client gets the summary alone, and may go on from it', async () => {
    await using sdk = await summarisingClient();
    const context_management = compactFrom(1_000, { pause_after_compaction: true });
    const paused = await sdk.whole({ context_management });
    expect(paused.stop_reason).toBe('compaction');
    expect(paused.content).toEqual([{ type: 'compaction', content: 'The fruits.' }] as never);
    expect(paused.usage).toMatchObject({
      input_tokens: 0,
      output_tokens: 0,
      iterations: [{ type: 'compaction', ...TOKENS }],
    });
    const messages = [...HISTORY, { role: 'assistant' as const, content: paused.content }];
    const { message } = await sdk.streamed({ context_management, messages });
    expect(message.content.map(({ type }) => type)).toEqual(['text']);
    expect(sdk.asked.map(({ body }) => body.includes('Apple'))).toEqual([true, false]);
  });

  test('the client’s own words ask for the summary', async () => {
    await using sdk = await summarisingClient((asked) => says(asked, 'Said.'));
    await sdk.whole({ context_management: compactFrom(1_000, { instructions: 'Only the fruits, please.' }) });
    const [first] = sdk.asked;
    expect(first && textsOf(first).at(-1)).toBe('Only the fruits, please.');
  });

  test('where the summary was cut off, the client is told so, and the whole conversation is answered', async () => {
    await using sdk = await summarisingClient((asked) =>
      isSummary(asked) ? googleStream(textChunk('The fru', 'MAX_TOKENS')) : says(asked, 'The plum.'),
    );
    const { message } = await sdk.streamed({ context_management: compactFrom(1_000) });
    expect(message.content).toMatchObject([{ type: 'compaction', content: null }, { text: 'The plum.' }]);
    expect(sdk.asked.map(({ body }) => body.includes('Apple'))).toEqual([true, true]);
  });

  test('with a pause too, since there is nothing to go on from', async () => {
    await using sdk = await summarisingClient((asked) =>
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
    await using sdk = await summarisingClient((asked, index) => {
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
    await using sdk = await summarisingClient((asked) => {
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
    await using sdk = await summarisingClient(() => googleError(400, 'INVALID_ARGUMENT', 'No.'));
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
    await using sdk = await summarisingClient();
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
