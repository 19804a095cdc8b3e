/** What a non-2xx answer says, in whatever wrapping it comes. */
import { UpstreamError } from '../gemini/errors.ts';
import { FrameDecoder } from '../gemini/frames.ts';
import type { GoogleError } from '../gemini/wire.ts';

/** Characters of a plain-text body kept in a message. */
const MAX_TEXT = 500;
const MARKUP = /^\s*</;

/** The body may be Google's error object bare, in an array or as an event; a front's page or one line of text; nothing. */
export function statusError({ status, statusText, headers }: Response, body: string): UpstreamError {
  const google = googleError(body);
  const message = google?.message ?? plainText(body) ?? `HTTP ${status} ${statusText}`.trim();
  return new UpstreamError('status', message, { status, google, retryAfter: retryAfterOf(headers) });
}

/** The error object in a whole body, wherever it sits. */
export function googleError(body: string): GoogleError | undefined {
  const decoder = new FrameDecoder();
  for (const frame of [...decoder.feed(new TextEncoder().encode(body)), ...decoder.end()]) {
    if (frame.kind === 'error') return frame.error;
  }
  return undefined;
}

/** The header's other form, a date, is not read: Google and its fronts do not send it. */
function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A page's markup says less than its status. */
function plainText(body: string): string | undefined {
  const text = body.trim();
  return text === '' || MARKUP.test(text) ? undefined : text.slice(0, MAX_TEXT);
}
