/** Pages that the model asked for by a function: this process reads them, by Anthropic's rules. */
import type { MessagesRequest } from '../../anthropic/request.ts';
import type { ServerToolResult } from '../../anthropic/server-answers.ts';
import { hostedKind, type WebFetchTool } from '../../anthropic/server-tools.ts';
import type { JsonObject } from '../../lib/json.ts';
import { isWithinDomains } from '../../translate/request/tools/domains.ts';
import { KnownUrls, textsWithUrls } from '../../translate/request/tools/known-urls.ts';
import { LONGEST_URL } from '../../translate/request/tools/web-fetch.ts';
import type { Failure } from '../pages/fetch-page.ts';
import type { Page } from '../pages/page-reader.ts';
import type { OpenTools, ServedResult, ServedTool, ServingPorts } from './served-tool.ts';

type WebFetchResult = Extract<ServerToolResult, { type: 'web_fetch_tool_result' }>;

/** The most tokens of a page, where the client sets no limit: a page must not fill the window. */
const USUAL_TOKENS = 100_000;
/** The most pages in one answer, where the client sets no limit. */
const MOST_PAGES = 50;

export const failedFetch = (error_code: Failure): WebFetchResult => ({
  type: 'web_fetch_tool_result',
  content: { type: 'web_fetch_tool_result_error', error_code },
  caller: { type: 'direct' },
});

export class PagesInPlace implements ServedTool {
  readonly name = 'web_fetch';
  readonly #messages: MessagesRequest['messages'];
  readonly #tool: WebFetchTool;
  readonly #ports: ServingPorts;
  readonly #takenOver = new Set<string>();
  #uses = 0;
  #known: KnownUrls | undefined;

  constructor({ messages }: MessagesRequest, tool: WebFetchTool, ports: ServingPorts) {
    this.#messages = messages;
    this.#tool = tool;
    this.#ports = ports;
  }

  async run({ url }: JsonObject, said: Parameters<ServedTool['run']>[1]): Promise<ServedResult> {
    const problem = this.#problemOf(url, said);
    if (problem !== undefined || typeof url !== 'string')
      return { result: failedFetch(problem ?? 'invalid_tool_input') };
    this.#uses++;
    return { result: await this.#read(url) };
  }

  /** A page that Google could not read is read here once, where this process may do so in Google's place. */
  mayTakeOver({ content }: ServerToolResult, { url }: JsonObject): boolean {
    const { google, proxy } = this.#ports.urlFetch;
    const failed = !Array.isArray(content) && content.type === 'web_fetch_tool_result_error' && content;
    if (!google || !proxy || !failed || failed.error_code !== 'url_not_accessible') return false;
    if (typeof url !== 'string' || this.#takenOver.has(url)) return false;
    this.#takenOver.add(url);
    return true;
  }

  async #read(url: string): Promise<WebFetchResult> {
    const { max_content_tokens: most } = this.#tool;
    const wanted = {
      url,
      mostTokens: most ?? USUAL_TOKENS,
      allows: (at: URL) => isWithinDomains(at, this.#tool),
    };
    return this.#told(url, await this.#ports.pages.read(wanted, this.#ports.signal));
  }

  #problemOf(url: unknown, said: Parameters<ServedTool['run']>[1]): Failure | undefined {
    const { max_uses: most, url_sources: sources } = this.#tool;
    if (typeof url !== 'string' || url.trim() === '') return 'invalid_tool_input';
    if (url.length > LONGEST_URL) return 'url_too_long';
    const parsed = URL.parse(url);
    if (!parsed) return 'invalid_tool_input';
    if (this.#uses >= (most ?? MOST_PAGES)) return 'max_uses_exceeded';
    if (!/^https?:$/.test(parsed.protocol) || !isWithinDomains(parsed, this.#tool)) return 'url_not_allowed';
    this.#known ??= new KnownUrls(textsWithUrls(this.#messages, sources ?? {}));
    const isKnown =
      this.#known.has(url) ||
      new KnownUrls(textsWithUrls([{ role: 'assistant', content: [...said] }], sources ?? {})).has(url);
    return isKnown ? undefined : 'url_not_in_prior_context';
  }

  #told(url: string, page: Page): WebFetchResult {
    if ('failed' in page) return failedFetch(page.failed);
    const source =
      page.mimeType === 'text/plain'
        ? ({ type: 'text', media_type: 'text/plain', data: page.text } as const)
        : ({ type: 'base64', media_type: 'application/pdf', data: page.data } as const);
    const title = 'title' in page ? (page.title ?? null) : null;
    const isCited = this.#tool.citations?.enabled === true;
    return {
      type: 'web_fetch_tool_result',
      content: {
        type: 'web_fetch_result',
        url,
        retrieved_at: page.at,
        content: { type: 'document', source, title, ...(isCited ? { citations: { enabled: true } } : {}) },
      },
      caller: { type: 'direct' },
    };
  }
}

export const pagesInPlace: OpenTools = (request, ports) => {
  const tool = (request.tools ?? []).find((one) => hostedKind(one) === 'web_fetch');
  const { google, proxy } = ports.urlFetch;
  // The cast is safe, since the tool was checked against its schema when the request was read.
  return tool && (google || proxy) ? [new PagesInPlace(request, tool as WebFetchTool, ports)] : [];
};
