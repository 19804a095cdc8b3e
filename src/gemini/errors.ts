/**
 * What went wrong upstream. An `UpstreamError` is never shown to a client: `translate/errors` turns it into Anthropic's
 * words.
 */
import type { FailureClass } from './failure-class.ts';
import type { GoogleError } from './wire.ts';

export type UpstreamErrorKind =
  /** The answer had a status other than 2xx; `details` is Google's error object where the body held one. */
  | 'status'
  /** An error object came inside of a 200 stream. */
  | 'stream'
  /** The request was not sent: an earlier answer leaves no hope for now. `status` is what Google would have said. */
  | 'not-sent'
  /** No connection could be made. Google was not asked, so nothing is known about the model or the key. */
  | 'unreachable'
  /** The connection broke after it was made. */
  | 'network'
  /** No response head came, or the stream was silent, for longer than allowed. */
  | 'timeout'
  /** The stream ended without a finishReason, or its last bytes were no frame. */
  | 'truncated'
  /** A frame was not JSON and could not be repaired. */
  | 'malformed'
  /** The answer ended well-formed, but without content, or with a broken call. */
  | 'unusable';

/**
 * True where the way to Google is down. Neither the model nor the key is at fault, and another model or key would not
 * help.
 */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind === 'unreachable';

/** An error of upstream. Our own mistakes stay plain Errors, and a client that has left causes an AbortError. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly kind: UpstreamErrorKind;
  /** The HTTP status, or the code of the error object inside a stream. */
  readonly status: number | undefined;
  readonly google: GoogleError | undefined;
  /**
   * Seconds, from the `retry-after` header. Google says the wait in its error object; gateways say it in the header.
   */
  readonly retryAfter: number | undefined;
  /** The class of the failure. Set where the code that made the error knows more than the error's text says. */
  readonly means: FailureClass | undefined;

  constructor(
    kind: UpstreamErrorKind,
    message: string,
    options: {
      status?: number | undefined;
      google?: GoogleError | undefined;
      retryAfter?: number | undefined;
      means?: FailureClass | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.status = options.status;
    this.google = options.google;
    this.retryAfter = options.retryAfter;
    this.means = options.means;
  }
}
