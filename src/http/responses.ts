/** The forms of responses that all routes share. */
import { toErrorBody } from '../anthropic/error-body.ts';
import { MessagesError } from '../anthropic/errors.ts';
import { wholeOrSize } from '../lib/shown-text.ts';

/** Must be exactly `application/json`: the SDK parses no other type. */
const JSON_TYPE = 'application/json';

export function jsonResponse<T>(value: T, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': JSON_TYPE, ...headers } });
}

/** An error in Anthropic's form, with headers that tell the client when to come back. */
export function errorResponse(error: MessagesError, requestId: string): Response {
  const headers: Record<string, string> = {};
  if (error.retryAfter !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfter));
  if (error.shouldRetry !== undefined) headers['x-should-retry'] = String(error.shouldRetry);
  const allow = error.details?.['allow'];
  if (error.status === 405 && typeof allow === 'string') headers['allow'] = allow;
  return jsonResponse(toErrorBody(error, requestId), error.status, headers);
}

export const notFound = (path: string, hint = ''): MessagesError =>
  new MessagesError('not_found_error', `Not found: ${wholeOrSize(path)}${hint}`);

/**
 * The advice for a wrong base URL. `slip` is the part of the path that most likely should not be in the client's base
 * URL.
 */
export const baseUrlHint = (origin: string, slip: string): string =>
  `. Clients add the path themselves: set ANTHROPIC_BASE_URL to ${origin}, without ${wholeOrSize(slip)}`;

/** A 405. `allow` lists the methods with which the path is served. */
export const methodNotAllowed = (allow: string): MessagesError =>
  new MessagesError('invalid_request_error', `Method not allowed; this path serves ${allow}`, {
    status: 405,
    details: { allow },
  });
