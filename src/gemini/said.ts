/** Finds out who wrote an error, and which of its words are the writer's own. */
import { isObject } from '../lib/json.ts';
import type { UpstreamError } from './errors.ts';

/** Google's status names, and the HTTP status of each. */
export const STATUS_CODES: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNKNOWN: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/**
 * The most characters of a message that are searched. Google's own sentences are short, and an endless message must not
 * cost endless time.
 */
const MAX_READ = 4_000;

/**
 * True where the error object is Google's: its status name fits the HTTP status. A gateway may pass on Google's error
 * object unchanged. A gateway that answers in Google's place (a company's proxy, a firewall, a captcha) writes a page,
 * a line, or an object of another form.
 */
export function isGoogles({ google, kind, status }: UpstreamError): boolean {
  const named = STATUS_CODES[google?.status ?? ''];
  return named !== undefined && (kind !== 'status' || named === status);
}

/** Matches a field name. A quoted field name is kept, because it says what the sentence is about. */
const NAME = /^[\w.]{1,60}$/;

/**
 * The message without its quotations: Google may repeat a text of the client's, which must not be read as Google's own
 * words.
 */
export const ownWords = ({ message }: UpstreamError): string =>
  message
    .slice(0, MAX_READ)
    .replace(/"([^"]*)(?:"|$)/g, (whole, quoted: string) => (NAME.test(quoted) ? whole : '""'));

/** The reasons in ErrorInfo details, such as `API_KEY_INVALID`. */
export function reasonsOf({ google }: UpstreamError): string[] {
  return (google?.details ?? []).flatMap((detail) => {
    if (!isObject(detail)) return [];
    const { '@type': type, reason } = detail;
    const isInfo = type === undefined || (typeof type === 'string' && type.endsWith('ErrorInfo'));
    return isInfo && typeof reason === 'string' ? [reason] : [];
  });
}
