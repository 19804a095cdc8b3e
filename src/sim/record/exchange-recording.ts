/** Records one exchange with upstream while it happens. */
import { UpstreamError } from '../../gemini/errors.ts';
import type { ConnectionError, StreamEnd } from '../cassette/types.ts';
import type { RawExchange } from './raw.ts';
import { ReadLog, tapBody } from './tap.ts';

export type ExchangeOptions = {
  now: () => number;
  maxBytes: number;
  /** True where the reason of an abort says that the client has left. */
  isClientGone(reason: unknown): boolean;
};

export class ExchangeRecording {
  readonly #url: URL;
  readonly #init: RequestInit;
  readonly #options: ExchangeOptions;
  readonly #log: ReadLog;
  #response: { status: number; statusText: string; headers: Headers; ms: number } | undefined;
  #end: StreamEnd | undefined;
  #error: ConnectionError | undefined;

  constructor(url: string, init: RequestInit, options: ExchangeOptions) {
    this.#url = new URL(url);
    this.#init = init;
    this.#options = options;
    this.#log = new ReadLog(options.now, options.maxBytes);
    init.signal?.addEventListener('abort', () => this.#abort(init.signal?.reason), { once: true });
  }

  /** Returns the response that is given to the caller in place of `response`. */
  answer(response: Response): Response {
    const { status, statusText, headers } = response;
    this.#response = { status, statusText, headers, ms: this.#log.lap() };
    if (!response.body) {
      this.#close('eof', 'upstream');
      return response;
    }
    const body = tapBody(response.body, {
      read: (bytes) => this.#log.add(bytes),
      end: () => this.#close('eof', 'upstream'),
      fail: (error) => this.fail(error),
      cancel: () => this.#abort(this.#init.signal?.reason),
    });
    return new Response(body, { status, statusText, headers });
  }

  fail(error: unknown): void {
    if (this.#end) return;
    // An abort looks like a failure too; the signal's reason tells the two apart.
    if (this.#init.signal?.aborted) {
      this.#abort(this.#init.signal.reason);
      return;
    }
    this.#error = connectionError(error);
    this.#close('reset', 'upstream');
  }

  /** What was recorded. If the exchange has not ended by now, our side has left it. */
  raw(): RawExchange {
    this.#close('abort', 'proxy');
    const { method = 'GET', headers, body } = this.#init;
    const head = this.#response;
    return {
      request: {
        url: this.#url.href,
        method,
        headers: [...new Headers(headers)],
        body: typeof body === 'string' ? body : '',
      },
      head: head && { ...head, headers: [...head.headers] },
      reads: this.#log.reads,
      isTruncated: this.#log.isTruncated,
      end: this.#end ?? { ms: 0, kind: 'abort', side: 'proxy' },
      error: this.#error,
    };
  }

  #abort(reason: unknown): void {
    if (reason instanceof UpstreamError && reason.kind === 'timeout') this.#close('timeout', 'proxy');
    else this.#close('abort', this.#options.isClientGone(reason) ? 'client' : 'proxy');
  }

  /** Notes how the exchange ended. Only the first cause counts. */
  #close(kind: StreamEnd['kind'], side: StreamEnd['side']): void {
    this.#end ??= { ms: this.#log.lap(), kind, side };
  }
}

function connectionError(error: unknown): ConnectionError {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { message: error.message, ...(code === undefined ? {} : { code }) };
}
