/** Conversations in which the web is searched, beside a tool of the client. */
import Anthropic from '@anthropic-ai/sdk';
import { type Script, scriptedGoogle } from '../google/scripted-google.ts';
import { googleStream, hello } from '../proxy.ts';

export const SEARCH = { type: 'web_search_20250305' as const, name: 'web_search' as const };
export const ADD = {
  name: 'add',
  input_schema: { type: 'object' as const, properties: { a: { type: 'number' } }, required: ['a'] },
};
export const page = (name: string) => ({ web: { uri: `https://${name}/`, title: name } });

export const chunk = (parts: object[], candidate: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...candidate }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4 },
});

export const cited = (text: string, start: number, ...pages: number[]) => ({
  segment: {
    ...(start > 0 ? { startIndex: start } : {}),
    endIndex: start + Buffer.byteLength(text),
    text,
  },
  groundingChunkIndices: pages,
});

export const replies =
  (...answers: object[][]): Script =>
  ({ stream }, index) => {
    const chunks = answers[index] ?? answers.at(-1) ?? [];
    if (stream) return googleStream(...chunks);
    throw new Error('a stream was expected');
  };

type Body = Record<string, never> & { contents: { role: string; parts: object[] }[] };
const bodyOf = (text: string | undefined) => JSON.parse(text ?? '{}') as Body;

export async function talk(answers: object[][], ...requests: ((before: Anthropic.Message[]) => object)[]) {
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

export const ask = (change: object = {}) => ({
  model: 'gemini-3-flash-preview',
  messages: [{ role: 'user', content: 'When?' }],
  tools: [{ ...SEARCH }, ADD],
  ...change,
});
