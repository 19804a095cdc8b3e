/**
 * What upstream told us went wrong. An `UpstreamError` is never shown to a client: `translate/errors` turns it
 * into Anthropic's words.
 */
import type { FailureClass } from './failure-class.ts';
import type { GoogleError } from './wire.ts';

export type UpstreamErrorKind =
  /** A non-2xx head, with Google's error object where the body held one. */
  | 'status'
  /** An error object inside a 200 stream. */
  | 'stream'
  /** Never sent: what upstream said before leaves no hope for now. `status` is what it would say. */
  | 'not-sent'
  /** No connection could be made: nobody was asked, and nothing is known of who would have been. */
  | 'unreachable'
  /** The connection broke. */
  | 'network'
  /** No head, or silence, for longer than allowed. */
  | 'timeout'
  /** The stream ended without a finishReason, or in bytes that are no frame. */
  | 'truncated'
  /** A frame that is not JSON and could not be repaired. */
  | 'malformed'
  /** A well-formed end that holds no answer: no content, a broken call. */
  | 'unusable';

/** The way to Google is no model's fault, and no key's: no other one is any closer. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind === 'unreachable';

/** Not for: errors of our own (those are bugs and stay plain Errors), nor for a client that left (an AbortError). */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly kind: UpstreamErrorKind;
  /** The HTTP status, or the code of the error object inside a stream. */
  readonly status: number | undefined;
  readonly google: GoogleError | undefined;
  /** Seconds, from the answer's `retry-after`. Google itself says it in the error object; fronts say it here. */
  readonly retryAfter: number | undefined;
  /** Its class, where whoever made the error knows more than its words tell. */
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
