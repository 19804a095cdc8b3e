/** Says which parts of an exchange with upstream are kept, and when two upstream requests are the same. */
import type { Redaction } from './cassette/types.ts';
import type { Matchable } from './match.ts';
import type { Redactor } from './redact.ts';

/**
 * The headers and query values that are kept; all others are dropped. A list of what to drop could never be complete.
 */
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

/** The allowed part of a query, in the order of `allowed`. */
export function allowedQuery(query: URLSearchParams, allowed: readonly string[]): string {
  const kept = allowed.flatMap((name) => query.getAll(name).map((value) => [name, value]));
  return new URLSearchParams(kept).toString();
}

/**
 * Matches the path of a model at Vertex AI. Recordings have the path of the Gemini API in its place: nobody needs to know the project,
 * and a replay has none.
 */
const IN_A_PROJECT = /^\/v1\w*\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\//;

const pathOf = ({ pathname }: URL): string => pathname.replace(IN_A_PROJECT, '/v1beta/models/');

/** The redacted form of an upstream request, which is stored and compared. */
export function upstreamMatchable(
  url: URL,
  init: Pick<RequestInit, 'method' | 'body'>,
  redactor: Redactor,
  list: Redaction[],
): Matchable {
  return {
    method: init.method ?? 'GET',
    path: redactor.text(pathOf(url), 'request.path', list),
    query: redactor.text(allowedQuery(url.searchParams, UPSTREAM_WIRE.query), 'request.query', list),
    // The text in the form in which it is sent: the network cannot carry half a surrogate pair.
    body: redactor.text(typeof init.body === 'string' ? init.body.toWellFormed() : '', 'request.body', list),
  };
}
