/** Conversations in which the model asks for pages, with the SDK, through the whole proxy. */
import Anthropic from '@anthropic-ai/sdk';
import { googleStream, hello, startProxy } from '../proxy.ts';
import { html, pageServer } from './pages.ts';
import { ADD, chunk } from './searches.ts';

export const OLD = 'gemini-2.5-flash-lite';
export const NEW = 'gemini-3.8-flash';
export const FETCH = { type: 'web_fetch_20250910', name: 'web_fetch' };
export const URL_ASKED = 'https://a.example/x';
export const STOP = { finishReason: 'STOP' };
export const calls = (...urls: unknown[]) => [
  chunk([{ text: 'Let me see. ' }]),
  chunk(
    urls.map((url) => ({ functionCall: { name: 'web_fetch', args: { url } } })),
    STOP,
  ),
];
export const says = (text: string) => [chunk([{ text }], STOP)];
const PAGE = html(
  '<title>A &amp; B</title><h1>Head</h1><p>It opens at <b>nine</b>. <a href="/y">More</a></p>',
);

type Answer = object[];
export type Options = { env?: Record<string, string>; web?: (url: URL) => Response; inside?: string[] };

export async function talk(answers: Answer[], requests: object[], { env = {}, web, inside }: Options = {}) {
  using pages = pageServer(web ?? (() => PAGE.clone()), inside);
  const sent: string[] = [];
  await using proxy = await startProxy({
    env: { MODEL_FALLBACKS: 'none', ...env },
    urlFetch: pages.urlFetch,
    async fetch(_url, init) {
      sent.push(String(init.body));
      return googleStream(...(answers[sent.length - 1] ?? []));
    },
  });
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0 });
  const messages: Anthropic.Message[] = [];
  for (const request of requests) {
    const history =
      (request as { after?: (before: Anthropic.Message[]) => object }).after?.(messages) ?? request;
    const body = { ...hello, model: OLD, ...history } as Anthropic.MessageCreateParamsNonStreaming;
    messages.push(await client.messages.stream(body).finalMessage());
  }
  const bodies = sent.map((body) => JSON.parse(body));
  return {
    messages,
    bodies,
    asked: pages.asked,
    content: (messages[0]?.content ?? []) as unknown as object[],
  };
}

export const asking = (change: object = {}, text = `What does ${URL_ASKED} say?`) => ({
  messages: [{ role: 'user', content: text }],
  tools: [{ ...FETCH, ...change }, ADD],
});
