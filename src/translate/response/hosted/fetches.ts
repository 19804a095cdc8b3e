/** Tells the pages that Google has read (URL context), in Anthropic's form. */
import type { WebFetchError } from '../../../anthropic/server-answers.ts';
import type { RequestPart } from '../../../gemini/wire.ts';
import { isObject } from '../../../lib/json.ts';
import type { FetchPlan } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import type { TurnEvent } from '../turn.ts';
import { isToldHost } from './grounding.ts';

/** Characters. Anthropic's API takes addresses of 250. */
const LONGEST_URL = 8_192;

const FAILURES: Readonly<Record<string, WebFetchError['error_code']>> = {
  URL_RETRIEVAL_STATUS_ERROR: 'url_not_accessible',
  URL_RETRIEVAL_STATUS_PAYWALL: 'url_not_accessible',
  URL_RETRIEVAL_STATUS_UNSAFE: 'url_not_allowed',
};

export class Fetches {
  readonly #plan: FetchPlan;
  readonly #date: string;
  readonly #warn: Warn;
  /** What became of each page, by its address. */
  readonly #status = new Map<string, string>();
  readonly #told = new Set<string>();
  #allowed = 0;

  constructor(plan: FetchPlan, date: string, warn: Warn) {
    this.#plan = plan;
    this.#date = date;
    this.#warn = warn;
  }

  /** True until Google has said something of a page. */
  get isEmpty(): boolean {
    return this.#status.size === 0;
  }

  /** Reads what Google says of pages, in a candidate's `urlContextMetadata`. */
  note(metadata: unknown): void {
    const pages = isObject(metadata) ? metadata['urlMetadata'] : undefined;
    for (const page of Array.isArray(pages) ? pages : []) {
      if (!isObject(page)) continue;
      const { retrievedUrl: url, urlRetrievalStatus: status } = page;
      if (typeof url !== 'string' || url === '' || url.length > LONGEST_URL) continue;
      this.#status.set(url.toWellFormed(), typeof status === 'string' ? status : '');
    }
  }

  /** The events for the pages that were not told yet. */
  rest(): TurnEvent[] {
    return [...this.#status.keys()].filter((url) => !this.#told.has(url)).flatMap((url) => this.#tell(url));
  }

  /** The events for a call with which the model asked for pages: `parts` are Google's own of it. */
  ofCall(parts: readonly RequestPart[]): TurnEvent[] {
    const urls = urlsIn(parts[0]?.toolCall?.['args']).filter((url) => !this.#told.has(url));
    const [first, ...others] = urls.length > 0 ? urls : [...this.#status.keys()].slice(0, 1);
    if (first === undefined) {
      this.#warn('upstream-unknown', 'answer', 'a call that reads pages is left out: it names none');
      return [];
    }
    return [...this.#tell(first, parts), ...others.flatMap((url) => this.#tell(url))];
  }

  #tell(url: string, echo?: readonly RequestPart[]): TurnEvent[] {
    this.#told.add(url);
    const ref = `fetch-${this.#told.size}-${url}`;
    const failure = this.#failureOf(url);
    return [
      { type: 'server-call', ref, name: 'web_fetch', input: { url } },
      {
        type: 'server-result',
        ref,
        result: {
          type: 'web_fetch_tool_result',
          content: failure
            ? { type: 'web_fetch_tool_result_error', error_code: failure }
            : pageOf(url, this.#date),
          caller: { type: 'direct' },
        },
        ...(echo ? { echo } : {}),
      },
    ];
  }

  #failureOf(url: string): WebFetchError['error_code'] | undefined {
    const status = this.#status.get(url);
    if (!isToldHost(URL.parse(url)?.hostname, this.#plan)) {
      this.#warn(
        'content-changed',
        'answer',
        'a page outside of the domains that may be read is told as refused',
      );
      return 'url_not_allowed';
    }
    if (status !== 'URL_RETRIEVAL_STATUS_SUCCESS') return FAILURES[status ?? ''] ?? 'unavailable';
    const { mostUses } = this.#plan;
    if (mostUses !== undefined && this.#allowed >= mostUses) {
      this.#warn('content-changed', 'answer', 'a page beyond max_uses is told as refused');
      return 'max_uses_exceeded';
    }
    this.#allowed++;
    return undefined;
  }
}

/** Google gives no words of the page, and no date. Clients want a date, and the page was read for this request. */
const pageOf = (url: string, date: string) =>
  ({
    type: 'web_fetch_result',
    url,
    retrieved_at: date,
    content: { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '' }, title: null },
  }) as const;

/** The addresses in a call's arguments, under whatever name they stand there. */
function urlsIn(args: unknown): string[] {
  const values = isObject(args) ? Object.values(args).flat() : [];
  return values.filter(
    (value): value is string =>
      typeof value === 'string' && value.length <= LONGEST_URL && /^https?:\/\//i.test(value),
  );
}
