/** Makes the error for an answer whose status is not 2xx, in whatever form its body is. */
import { UpstreamError } from '../gemini/errors.ts';
import { framesIn } from '../gemini/frames.ts';
import { STATUS_CODES } from '../gemini/said.ts';
import { headerSeconds } from '../gemini/waits.ts';
import type { GoogleError } from '../gemini/wire.ts';

const MARKUP = /^\s*</;

/**
 * The body may contain Google's error object (alone, in an array, or as an event), a gateway's page, a line of text, or
 * nothing. `now` is the time in milliseconds, for an answer without a time of its sender.
 */
export function statusError(
  { status, statusText, headers }: Response,
  body: string,
  now: number,
): UpstreamError {
  const google = googleError(body);
  const message = google?.message ?? plainText(body) ?? `HTTP ${status} ${statusText}`.trim();
  const retryAfter = retryAfterOf(headers, now);
  return new UpstreamError('status', message, { status: ownStatus(status, google), google, retryAfter });
}

/**
 * The status that Google gave. A gateway may answer 500 to all that Google refuses: what waiting does not mend would be
 * sent again and again.
 */
function ownStatus(status: number, google: GoogleError | undefined): number {
  const named = STATUS_CODES[google?.status ?? ''];
  return status >= 500 && named !== undefined && named < 500 && google?.code === named ? named : status;
}

/**
 * Matches a body that is an object, an array or an event. A page or a sentence that only quotes an error object does
 * not count.
 */
const FRAMED = /^\s*(?:[{[]|data:|event:)/;

/** The error object in a complete body; undefined where there is none. */
export function googleError(body: string): GoogleError | undefined {
  if (!FRAMED.test(body)) return undefined;
  return framesIn([new TextEncoder().encode(body)]).find((frame) => frame.kind === 'error')?.error;
}

/** The wait in the header `retry-after`. Google itself does not send this header; gateways do. */
function retryAfterOf(headers: Headers, now: number): number | undefined {
  const there = Date.parse(headers.get('date') ?? '');
  return headerSeconds(headers.get('retry-after')?.trim() ?? '', Number.isNaN(there) ? now : there);
}

/**
 * The text of a body. Undefined for a page, whose markup says less than its status. The text is not cut: the code that
 * shows it hides secrets first and cuts then.
 */
function plainText(body: string): string | undefined {
  const text = body.trim();
  return text === '' || MARKUP.test(text) ? undefined : text;
}
