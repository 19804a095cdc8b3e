/** The error in an answer with a bad status, in whatever form it comes. */
import { UpstreamError } from '../gemini/errors.ts';
import { FrameDecoder } from '../gemini/frames.ts';
import { headerSeconds } from '../gemini/waits.ts';
import type { GoogleError } from '../gemini/wire.ts';

const MARKUP = /^\s*</;

/**
 * The body may hold Google's error object (alone, in an array, or as an event), a gateway's page, a line of text, or
 * nothing. `now` is in milliseconds, for an answer that does not tell the time at its sender.
 */
export function statusError(
  { status, statusText, headers }: Response,
  body: string,
  now: number,
): UpstreamError {
  const google = googleError(body);
  const message = google?.message ?? plainText(body) ?? `HTTP ${status} ${statusText}`.trim();
  return new UpstreamError('status', message, { status, google, retryAfter: retryAfterOf(headers, now) });
}

/** Only an object, an array or an event counts: a page or a sentence that quotes an error object does not. */
const FRAMED = /^\s*(?:[{[]|data:|event:)/;

/** The error object in a complete body, in any of its forms. */
export function googleError(body: string): GoogleError | undefined {
  if (!FRAMED.test(body)) return undefined;
  const decoder = new FrameDecoder();
  for (const frame of [...decoder.feed(new TextEncoder().encode(body)), ...decoder.end()]) {
    if (frame.kind === 'error') return frame.error;
  }
  return undefined;
}

/** Google itself does not send this header; gateways do. */
function retryAfterOf(headers: Headers, now: number): number | undefined {
  const there = Date.parse(headers.get('date') ?? '');
  return headerSeconds(headers.get('retry-after')?.trim() ?? '', Number.isNaN(there) ? now : there);
}

/** The markup of a page says less than its status. Not cut: whoever shows it hides secrets first and cuts then. */
function plainText(body: string): string | undefined {
  const text = body.trim();
  return text === '' || MARKUP.test(text) ? undefined : text;
}
