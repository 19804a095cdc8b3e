/**
 * Upstream's failures in the client's words: one table from what happened to status, type, guidance and whether to try again
 * (contract sections 8 and 13, wire section 6). Wordings that clients match on are kept to the letter.
 */
import { type ErrorType, MessagesError, type MessagesErrorOptions } from '../anthropic/errors.ts';
import { hasNoQuota, isDailyQuota, retryDelaySeconds, statusOf } from '../gemini/error-facts.ts';
import { UpstreamError } from '../gemini/errors.ts';

type Told = { type: ErrorType; message: string; options?: MessagesErrorOptions };

/** Claude Code ends the turn at once when it is to wait longer than this (contract section 8). */
const LONGEST_WAIT_SECONDS = 60;

const STATUS_TYPES: Readonly<Record<number, ErrorType>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** What the client is told. Errors that are already its own pass through; unknown ones are ours: `api_error`. */
export function toMessagesError(error: unknown): MessagesError {
  if (error instanceof MessagesError) return error;
  if (!(error instanceof UpstreamError)) {
    return new MessagesError('api_error', 'Internal error in the proxy; its log tells more.', {
      cause: error,
    });
  }
  const { type, message, options } = told(error);
  return new MessagesError(type, message, { ...options, cause: error });
}

/** Whether another try of the same request may end better. Quota errors are not: waiting is the client's. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return false;
  switch (error.kind) {
    case 'network':
    case 'timeout':
    case 'truncated':
    case 'malformed':
    case 'unusable':
      return true;
    case 'status':
    case 'stream': {
      const status = statusOf(error);
      return status === 408 || status === 499 || status >= 500;
    }
  }
}

function told(error: UpstreamError): Told {
  switch (error.kind) {
    case 'network':
      return { type: 'overloaded_error', message: `Gemini could not be reached: ${error.message}` };
    case 'timeout':
      return { type: 'timeout_error', message: `Gemini did not answer in time: ${error.message}` };
    case 'truncated':
    case 'malformed':
    case 'unusable':
      return { type: 'overloaded_error', message: `Gemini's answer was not usable: ${error.message}` };
    case 'status':
    case 'stream':
      return toldByStatus(statusOf(error), error);
  }
}

function toldByStatus(status: number, error: UpstreamError): Told {
  const { message } = error;
  const known = KNOWN_MESSAGES.find(({ pattern }) => pattern.test(message));
  if (known && status < 500) return known.tell(message);
  if (status === 429) return quota(error);
  const type =
    STATUS_TYPES[status] ?? (status < 500 && status !== 499 ? 'invalid_request_error' : 'api_error');
  return { type, message: `Gemini: ${message}` };
}

/** Google's sentences that mean something else than their status, or that clients must hear in other words. */
const KNOWN_MESSAGES: readonly { pattern: RegExp; tell(message: string): Told }[] = [
  { pattern: /input token count.*exceeds the maximum number of tokens allowed/is, tell: overflow },
  {
    // Google says 400 here. Not retried: no later try will have a better key.
    pattern: /API[ _]key not valid|API_KEY_INVALID|API key expired|reported as leaked/i,
    tell: (message) => ({
      type: 'authentication_error',
      message: `The proxy's Gemini key was refused: ${message} Set a valid GEMINI_API_KEY and restart the proxy.`,
      options: { shouldRetry: false },
    }),
  },
  {
    // The client then leaves the picture out and asks again (contract section 8).
    pattern: /unable to process input image|provided image is not valid/i,
    tell: (message) => ({
      type: 'invalid_request_error',
      message: `could not process image: ${message}`,
    }),
  },
  {
    pattern: /User location is not supported/i,
    tell: (message) => ({
      type: 'permission_error',
      message: `Gemini: ${message} Use a key, or Vertex AI, in a supported region.`,
      options: { shouldRetry: false },
    }),
  },
];

/** Claude Code compacts on exactly this wording, and parses the numbers. */
function overflow(message: string): Told {
  const [tokens, maximum] = numbersIn(message);
  const text =
    tokens !== undefined && maximum !== undefined
      ? `prompt is too long: ${tokens} tokens > ${maximum} maximum`
      : `prompt is too long: ${message}`;
  return { type: 'invalid_request_error', message: text };
}

const numbersIn = (text: string): string[] => [...text.matchAll(/\((\d+)\)/g)].map((match) => match[1] ?? '');

/** A quota of the day, or none at all, will not come back while the client waits. */
function quota(error: UpstreamError): Told {
  const wait = retryDelaySeconds(error.google, error.message) ?? error.retryAfter;
  const forToday = isDailyQuota(error) || hasNoQuota(error);
  const message = `Gemini quota: ${error.message}`;
  if (forToday || (wait ?? 0) > LONGEST_WAIT_SECONDS) {
    return { type: 'rate_limit_error', message, options: { shouldRetry: false } };
  }
  return { type: 'rate_limit_error', message, options: wait === undefined ? {} : { retryAfter: wait } };
}
