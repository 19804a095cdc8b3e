/** Searches of the web that the model asked for by a function: each is a request of its own, whose only tool is the search. */
import type { MessagesRequest } from '../../anthropic/request.ts';
import type { ServerToolResult, WebSearchError } from '../../anthropic/server-answers.ts';
import { hostedKind } from '../../anthropic/server-tools.ts';
import type { Tool } from '../../anthropic/tool.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import { failureClass } from '../../gemini/failure.ts';
import type { UsageMetadata } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import { sealWords } from '../../translate/request/tools/search-words.ts';
import { LONGEST_QUERY } from '../../translate/request/tools/web-search.ts';
import type { Passage } from '../../translate/response/hosted/passages.ts';
import type { OpenTools, ServedResult, ServedTool, ServingPorts } from './served-tool.ts';

type WebSearchResult = Extract<ServerToolResult, { type: 'web_search_tool_result' }>;

/** The most tokens of what a search says. */
const MOST_TOKENS = 8_192;

const failure = (error_code: WebSearchError['error_code']): WebSearchResult => ({
  type: 'web_search_tool_result',
  content: { type: 'web_search_tool_result_error', error_code },
  caller: { type: 'direct' },
});
const failed = (error_code: WebSearchError['error_code']): ServedResult => ({ result: failure(error_code) });

const isQuota = (error: unknown): boolean =>
  error instanceof UpstreamError && ['quota-minute', 'quota-day'].includes(failureClass(error));

class SearchesInPlace implements ServedTool {
  readonly name = 'web_search';
  readonly #model: string;
  readonly #tool: Tool;
  readonly #ask: ServingPorts['ask'];
  #left: number;

  constructor({ model }: MessagesRequest, tool: Tool, { ask }: ServingPorts) {
    this.#model = model;
    this.#tool = tool;
    this.#ask = ask;
    const most = (tool as { max_uses?: unknown }).max_uses;
    this.#left = typeof most === 'number' ? most : Number.POSITIVE_INFINITY;
  }

  async run({ query }: JsonObject): Promise<ServedResult> {
    if (typeof query !== 'string' || query.trim() === '') return failed('invalid_input');
    if (query.length > LONGEST_QUERY) return failed('query_too_long');
    if (this.#left <= 0) return failed('max_uses_exceeded');
    this.#left--;
    try {
      return await this.#made(query);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      return failed(isQuota(error) ? 'too_many_requests' : 'unavailable');
    }
  }

  async #made(query: string): Promise<ServedResult> {
    const answer = await this.#ask({
      model: this.#model,
      max_tokens: MOST_TOKENS,
      messages: [{ role: 'user', content: query }],
      tools: [this.#tool],
      tool_choice: { type: 'any' },
    });
    let words = '';
    let usage: UsageMetadata = {};
    const passages: Passage[] = [];
    let found: WebSearchResult | undefined;
    for (let isOver = false; !isOver; ) {
      const events = await answer.next();
      if (!events) throw new Error('a search ended without an ending');
      for (const event of events) {
        if (event.type === 'text' || event.type === 'cited') words += event.text;
        if (event.type === 'cited') passages.push(event);
        if (event.type === 'usage') usage = event.usage;
        if (event.type === 'server-result' && event.result.type === 'web_search_tool_result')
          found = event.result;
        isOver ||= event.type === 'finish';
      }
    }
    answer.leave();
    return { result: withWords(found, words), usage, passages };
  }
}

function withWords(found: WebSearchResult | undefined, words: string): WebSearchResult {
  if (!found || !Array.isArray(found.content)) return found ?? { ...failure('unavailable'), content: [] };
  const [first, ...others] = found.content;
  return first
    ? { ...found, content: [{ ...first, encrypted_content: sealWords(words) }, ...others] }
    : found;
}

/** A search that stands alone is always Google's own. */
export const searchesInPlace: OpenTools = (request, ports) => {
  const tools = request.tools ?? [];
  const tool = tools.length > 1 ? tools.find((one) => hostedKind(one) === 'web_search') : undefined;
  return tool ? [new SearchesInPlace(request, tool, ports)] : [];
};
