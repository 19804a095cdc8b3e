/** The headers by which browsers learn whether a page of another site may use the API: `CORS_ORIGINS`. */

import type { ServerSettings } from './deps.ts';
import { isApiPath } from './paths.ts';
import {
  FALLBACK_HEADER,
  MODEL_HEADER,
  NOTICE_HEADER,
  SOURCE_HEADER,
  WARNINGS_HEADER,
} from './told-headers.ts';

/** The value of `CORS_ORIGINS` that allows every origin. */
export const ANY_ORIGIN = '*';

/**
 * Seconds for which a browser may remember the answer to a preflight. No browser remembers it for longer than two
 * hours.
 */
const MAX_AGE = '7200';
/** Headers of an answer that a page could not read without this list. */
const EXPOSED = `request-id, retry-after, x-should-retry, ${MODEL_HEADER}, ${WARNINGS_HEADER}, ${FALLBACK_HEADER}, ${NOTICE_HEADER}, ${SOURCE_HEADER}`;
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;

type Settings = Pick<ServerSettings, 'corsOrigins'>;

/** The value of `access-control-allow-origin`; undefined where the page at `origin` may not use `path`. */
export function allowedOrigin(origin: string | null, path: string, settings: Settings): string | undefined {
  if (origin === null || !isApiPath(path)) return undefined;
  if (settings.corsOrigins.includes(ANY_ORIGIN)) return ANY_ORIGIN;
  return settings.corsOrigins.includes(origin.toLowerCase()) ? origin : undefined;
}

/** Adds the headers to every answer on `path`, including errors and streams. */
export function addCorsHeaders(answer: Headers, asked: Headers, path: string, settings: Settings): void {
  if (settings.corsOrigins.length === 0 || !isApiPath(path)) return;
  // A cached answer for one origin, or for none, must not be given to another.
  answer.append('vary', 'Origin');
  const origin = allowedOrigin(asked.get('origin'), path, settings);
  if (origin === undefined) return;
  answer.set('access-control-allow-origin', origin);
  answer.set('access-control-expose-headers', EXPOSED);
}

export const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');

/** Answers a preflight. A preflight comes without a key, since the browser sends it by itself. */
export const answerPreflight =
  (methods: readonly string[]) =>
  ({ request: { headers } }: { request: Request }): Response => {
    const names = headers.get('access-control-request-headers') ?? '';
    return new Response(null, {
      status: 204,
      headers: {
        'access-control-allow-methods': [...new Set(methods)].join(', ') || 'GET, POST',
        // `*` does not include `authorization`.
        ...(HEADER_NAMES.test(names) ? { 'access-control-allow-headers': names } : {}),
        // Browsers send this header for pages of the public web before they connect to a private network.
        ...(headers.has('access-control-request-private-network')
          ? { 'access-control-allow-private-network': 'true' }
          : {}),
        'access-control-max-age': MAX_AGE,
        vary: 'Access-Control-Request-Method, Access-Control-Request-Headers',
      },
    });
  };
