/** What an UpstreamError says between the lines: its status, how long to wait, which quotas it is about. */
import { isObject } from '../lib/json.ts';
import type { UpstreamError } from './errors.ts';
import type { GoogleError } from './wire.ts';

/** Google's status names, for error objects without a numeric code. */
const STATUS_CODES: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNKNOWN: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** The HTTP status that an error of kind `status` or `stream` stands for. */
export function statusOf(error: UpstreamError): number {
  const named = STATUS_CODES[error.google?.status ?? ''] ?? 500;
  // An error object inside a stream may hold gRPC's code (14) instead of an HTTP status.
  return error.status !== undefined && error.status >= 400 ? error.status : named;
}

/** Seconds. No quota is gone for longer than a day; a figure beyond is a mistake. */
const LONGEST_DELAY = 2 * 86_400;
/** Seconds, by the units that Google writes durations in: `853.18ms`, `47s`, `3h22m10.5s`. */
const UNITS = { h: 3600, m: 60, s: 1, ms: 0.001 } as const;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[hms]))+/;

function durationSeconds(text: string): number | undefined {
  const written = DURATION.exec(text)?.[0];
  if (written === undefined) return undefined;
  let seconds = 0;
  for (const [, figure, unit] of written.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g)) {
    seconds += Number(figure) * UNITS[unit as keyof typeof UNITS];
  }
  return Math.min(Math.ceil(seconds), LONGEST_DELAY);
}

/** Whole seconds, rounded up: Google cuts the fraction off `retryDelay`, and a retry right then is still too early. */
export function retryDelaySeconds(google: GoogleError | undefined, message: string): number | undefined {
  const said = durationSeconds(/retry in (\S+)/i.exec(message)?.[1] ?? '');
  if (said !== undefined) return said;
  for (const detail of google?.details ?? []) {
    const delay = isObject(detail) ? detail['retryDelay'] : undefined;
    const seconds = typeof delay === 'string' ? durationSeconds(delay) : undefined;
    if (seconds !== undefined) return seconds + 1;
  }
  return undefined;
}

/** A quota of the day comes back at midnight, whatever `retryDelay` stands beside it (python-genai #2044). */
export const isDailyQuota = ({ google, message }: UpstreamError): boolean =>
  /PerDay/i.test(JSON.stringify(google?.details ?? [])) || /\bper day\b/i.test(message);

/** `limit: 0`: this key's project has no access to the model at all. */
export const hasNoQuota = ({ google, message }: UpstreamError): boolean =>
  /limit: 0\b(?!\.\d)/.test(message) || /"quotaValue":"?0"?[,}]/.test(JSON.stringify(google?.details ?? []));
