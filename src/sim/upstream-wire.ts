/** What of an exchange with upstream is kept, and what makes two requests to it the same. */
import type { Redaction } from './cassette/types.ts';
import type { Matchable } from './match.ts';
import type { Redactor } from './redact.ts';

/** All else of a header or a query stays out: lists of what to drop are never complete. */
export const UPSTREAM_WIRE = {
  requestHeaders: ['accept', 'accept-encoding', 'content-type'],
  responseHeaders: [
    'content-encoding',
    'content-length',
    'content-type',
    'date',
    'retry-after',
    'retry-after-ms',
    'server',
    'server-timing',
    'x-gemini-service-tier',
  ],
  query: ['alt'],
} as const;

/** The query's allowed part, in the order of `allowed`. */
export function allowedQuery(query: URLSearchParams, allowed: readonly string[]): string {
  const kept = allowed.flatMap((name) => query.getAll(name).map((value) => [name, value]));
  return new URLSearchParams(kept).toString();
}

/** A request to upstream in its redacted form, which is what is stored and what is compared. */
export function upstreamMatchable(
  url: URL,
  init: Pick<RequestInit, 'method' | 'body'>,
  redactor: Redactor,
  list: Redaction[],
): Matchable {
  return {
    method: init.method ?? 'GET',
    path: redactor.text(url.pathname, 'request.path', list),
    query: redactor.text(allowedQuery(url.searchParams, UPSTREAM_WIRE.query), 'request.query', list),
    // As it goes over the wire: half a surrogate pair cannot.
    body: redactor.text(typeof init.body === 'string' ? init.body.toWellFormed() : '', 'request.body', list),
  };
}
