/** A conversation that can be summarised, before a Google that writes summaries, read by the official SDK. */
import Anthropic from '@anthropic-ai/sdk';
import type { BetaMessageParam, MessageCreateParams } from '@anthropic-ai/sdk/resources/beta/messages';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { type Asked, type Script, says, scriptedGoogle } from '../google/scripted-google.ts';

const LONG = 'word '.repeat(1_000);
export const HISTORY: BetaMessageParam[] = [
  { role: 'user', content: `Name three fruits. ${LONG}` },
  { role: 'assistant', content: `Apple, pear, plum. ${LONG}` },
  { role: 'user', content: 'Which of them is blue?' },
];
export const compactFrom = (value: number, more: object = {}) => ({
  edits: [{ type: 'compact_20260112' as const, trigger: { type: 'input_tokens' as const, value }, ...more }],
});

export const isSummary = ({ body }: Asked): boolean =>
  body.includes('Write a summary of this whole conversation');
export const summarised: Script = (asked) => says(asked, isSummary(asked) ? ' The fruits. ' : 'The plum.');
export const contents = ({ body }: Asked) => (JSON.parse(body) as GenerateContentRequest).contents;
export const textsOf = (asked: Asked) =>
  contents(asked).flatMap(({ parts }) => parts.map(({ text }) => text ?? ''));

export const ask = (changes: object): MessageCreateParams & { stream?: false } => ({
  model: 'claude-opus-5-5',
  max_tokens: 2_000,
  messages: HISTORY,
  ...changes,
});

export async function summarisingClient(script: Script = summarised, env: Record<string, string> = {}) {
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

export const TOKENS = {
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 10,
  input_tokens: 20,
  output_tokens: 4,
};
