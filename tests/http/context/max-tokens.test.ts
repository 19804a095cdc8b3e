/** `max_tokens` over HTTP: what is shown, and that upstream is left. */
import { describe, expect, test } from 'bun:test';
import { heldUpstream, turns } from '../../support/google/held-upstream.ts';
import { eventNames, googleStream, hello, startProxy } from '../../support/proxy.ts';

const HELLO = 'Hello! How can I help you today?';

const says = (text: string, candidatesTokenCount?: number, finishReason?: string) => ({
  candidates: [
    { index: 0, content: { role: 'model', parts: [{ text }] }, ...(finishReason ? { finishReason } : {}) },
  ],
  usageMetadata: {
    ...(candidatesTokenCount === undefined
      ? { trafficType: 'ON_DEMAND' }
      : { promptTokenCount: 30, candidatesTokenCount }),
    thoughtsTokenCount: 700,
  },
});

async function ask(stream: boolean, max_tokens: number, chunks: object[], env: Record<string, string> = {}) {
  await using proxy = await startProxy({ fetch: async () => googleStream(...chunks), env });
  const text = await (await proxy.send('/v1/messages', { ...hello, max_tokens, stream })).text();
  if (!stream) {
    const { content, stop_reason, usage } = JSON.parse(text);
    return { said: content.map((block: { text: string }) => block.text).join(''), stop_reason, usage };
  }
  const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));
  const said = data.map(({ delta }) => delta?.text ?? '').join('');
  const end = data.find(({ type }) => type === 'message_delta');
  return { said, stop_reason: end.delta.stop_reason, usage: end.usage };
}

describe.each([true, false])('max_tokens, streamed: %p', (stream) => {
  test('a probe for one token sees about one', async () => {
    const { said, stop_reason, usage } = await ask(stream, 1, [says(HELLO, 9, 'STOP')]);
    expect([said, stop_reason]).toEqual(['Hello', 'max_tokens']);
    expect(usage).toMatchObject({
      input_tokens: 30,
      output_tokens: 709,
      output_tokens_details: { thinking_tokens: 700 },
    });
  });

  test('an answer that takes all of it is whole', async () => {
    const { said, stop_reason } = await ask(stream, 9, [says(HELLO, 9, 'STOP')]);
    expect([said, stop_reason]).toEqual([HELLO, 'end_turn']);
  });

  test('where upstream has not counted yet, the figures are estimated as well', async () => {
    const { said, stop_reason, usage } = await ask(stream, 3, [says(HELLO), says('', 9, 'STOP')]);
    expect([said, stop_reason]).toEqual(['Hello! How can', 'max_tokens']);
    expect(usage.input_tokens).toBeGreaterThan(0);
    expect(usage.output_tokens).toBe(704);
  });

  test('the same of a model that is asked for whole answers', async () => {
    const { said, stop_reason } = await ask(stream, 1, [says(HELLO, 9, 'STOP')], {
      FORCE_DISABLE_STREAMING: 'true',
    });
    expect([said, stop_reason]).toEqual(['Hello', 'max_tokens']);
  });

  test.each([
    ['its limit', { max_tokens: 2 }],
    ['a stop sequence', { stop_sequences: ['can'] }],
  ])('upstream is left at %s', async (_name, asked) => {
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch });
    const pending = proxy.send('/v1/messages', { ...hello, ...asked, stream }).then((got) => got.text());
    await upstream.asked;
    upstream.openHead();
    await turns();
    upstream.push(says('Hello! ', 2));
    upstream.push(says('How can I help', 6));
    await upstream.left;
    const text = await pending;
    if (stream) expect(eventNames(text).at(-1)).toBe('message_stop');
    else expect(JSON.parse(text).content[0].text).toMatch(/^Hello! /);
  });
});
