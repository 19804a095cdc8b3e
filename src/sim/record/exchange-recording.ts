/** One exchange with upstream, as it happens. */
import { UpstreamError } from '../../gemini/errors.ts';
import { FrameDecoder } from '../../gemini/frames.ts';
import type { ConnectionError, Redaction, StreamEnd, UpstreamExchange } from '../cassette/types.ts';
import { credentialsIn, type Redactor } from '../redact.ts';
import { UPSTREAM_WIRE, upstreamMatchable } from '../upstream-wire.ts';
import { ReadLog, tapBody } from './tap.ts';

export type ExchangeOptions = {
  now: () => number;
  maxBytes: number;
  /** Whether an abort's reason says that the client has left. */
  isClientGone(reason: unknown): boolean;
};

/** Has no answer to read frames from. */
const COUNTS = /:countTokens$/;

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

  /** The response to hand on in place of `response`. */
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
    // An abort shows as a failure, too; its reason is the truth.
    if (this.#init.signal?.aborted) {
      this.#abort(this.#init.signal.reason);
      return;
    }
    this.#error = connectionError(error);
    this.#close('reset', 'upstream');
  }

  /** The credentials that went out with it. */
  secrets(): string[] {
    return credentialsIn(new Headers(this.#init.headers), this.#url.searchParams);
  }

  /** For the disk. What has not ended by now was left by us. */
  toExchange(redactor: Redactor): UpstreamExchange {
    this.#close('abort', 'proxy');
    const redactions: Redaction[] = [];
    const { method, path, query, body } = upstreamMatchable(this.#url, this.#init, redactor, redactions);
    const headers = redactor.headers(
      new Headers(this.#init.headers),
      UPSTREAM_WIRE.requestHeaders,
      'request.headers',
      redactions,
    );
    const reads = redactor.reads(this.#log.reads, 'response.body', redactions);
    const error = this.#error && {
      ...this.#error,
      message: redactor.text(this.#error.message, 'error', redactions),
    };
    return {
      request: { method, path, query, headers, body },
      model: /\/models\/([^/:]+)/.exec(path)?.[1] ?? '',
      head: this.#head(redactor, redactions),
      reads,
      end: this.#end ?? { ms: 0, kind: 'abort', side: 'proxy' },
      ...(error ? { error } : {}),
      anomalies: COUNTS.test(path) ? [] : anomaliesOf(reads.map((read) => read.bytes)),
      redactions,
      ...(this.#log.isTruncated ? { truncatedRecording: true } : {}),
    };
  }

  #head(redactor: Redactor, redactions: Redaction[]): UpstreamExchange['head'] {
    if (!this.#response) return undefined;
    const { headers, ...head } = this.#response;
    const kept = redactor.headers(headers, UPSTREAM_WIRE.responseHeaders, 'response.headers', redactions);
    const statusText = redactor.text(head.statusText, 'response.status', redactions);
    return { ...head, statusText, headers: kept };
  }

  #abort(reason: unknown): void {
    if (reason instanceof UpstreamError && reason.kind === 'timeout') this.#close('timeout', 'proxy');
    else this.#close('abort', this.#options.isClientGone(reason) ? 'client' : 'proxy');
  }

  /** The first cause counts. */
  #close(kind: StreamEnd['kind'], side: StreamEnd['side']): void {
    this.#end ??= { ms: this.#log.lap(), kind, side };
  }
}

function connectionError(error: unknown): ConnectionError {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { message: error.message, ...(code === undefined ? {} : { code }) };
}

/** What the frames of a body tell of its form, each thing once. */
function anomaliesOf(pieces: readonly Uint8Array[]): string[] {
  const decoder = new FrameDecoder();
  const found = new Set<string>();
  for (const frame of [...pieces.flatMap((bytes) => decoder.feed(bytes)), ...decoder.end()]) {
    if (frame.kind !== 'content' && frame.kind !== 'usage') found.add(frame.kind);
    if ('repairs' in frame) for (const repair of frame.repairs ?? []) found.add(`repair:${repair}`);
  }
  return [...found].sort();
}
