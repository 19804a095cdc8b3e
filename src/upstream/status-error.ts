/** What a non-2xx answer says, in whatever wrapping it comes. */
import { UpstreamError } from '../gemini/errors.ts';
import { FrameDecoder } from '../gemini/frames.ts';
import { headerSeconds } from '../gemini/waits.ts';
import type { GoogleError } from '../gemini/wire.ts';

const MARKUP = /^\s*</;

/**
 * The body may be Google's error object bare, in an array or as an event; a front's page or one line of text; nothing. `now` in
 * milliseconds, for an answer that does not say what time it is at its sender's.
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

/** An object, an array, or an event: a page or a sentence that quotes an error object is none. */
const FRAMED = /^\s*(?:[{[]|data:|event:)/;

/** The error object in a whole body, in whichever of its wrappings. */
export function googleError(body: string): GoogleError | undefined {
  if (!FRAMED.test(body)) return undefined;
  const decoder = new FrameDecoder();
  for (const frame of [...decoder.feed(new TextEncoder().encode(body)), ...decoder.end()]) {
    if (frame.kind === 'error') return frame.error;
  }
  return undefined;
}

/** Google itself sends none; its fronts do, and gateways. */
function retryAfterOf(headers: Headers, now: number): number | undefined {
  const there = Date.parse(headers.get('date') ?? '');
  return headerSeconds(headers.get('retry-after')?.trim() ?? '', Number.isNaN(there) ? now : there);
}

/** A page's markup says less than its status. Not cut: who shows it hides secrets first. */
function plainText(body: string): string | undefined {
  const text = body.trim();
  return text === '' || MARKUP.test(text) ? undefined : text;
}
