/** Anthropic's errors and their types (contract section 8). */

export const ERROR_STATUS = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
} as const;

export type ErrorType = keyof typeof ERROR_STATUS;

export type MessagesErrorOptions = {
  /** Set where the status is not the usual one of the type. */
  status?: number;
  /** `error.details`, such as `{ error_code }`. */
  details?: Record<string, unknown>;
  /** Seconds for the header `retry-after`. */
  retryAfter?: number;
  /** The header `x-should-retry`: it tells the client whether to try again, whatever the client would do by itself. */
  shouldRetry?: boolean;
  cause?: unknown;
};

/** An error for the client, in the client's words. Upstream's own errors are `UpstreamError`s. */
export class MessagesError extends Error {
  override readonly name = 'MessagesError';
  readonly type: ErrorType;
  readonly status: number;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfter: number | undefined;
  readonly shouldRetry: boolean | undefined;

  constructor(type: ErrorType, message: string, options: MessagesErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.type = type;
    this.status = options.status ?? ERROR_STATUS[type];
    this.details = options.details;
    this.retryAfter = options.retryAfter;
    this.shouldRetry = options.shouldRetry;
  }
}
