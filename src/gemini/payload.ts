/** Checks the size of a request. Google answers 400 to a request of more than 20 MiB, without reading it. */
import { UpstreamError } from './errors.ts';

export const MAX_PAYLOAD_BYTES = 20_971_520;

/**
 * The most bytes of one character of a JavaScript string in UTF-8. (A surrogate pair is two characters and has four
 * bytes.)
 */
const MOST_BYTES = 3;

const sizeOf = (body: string): number =>
  body.length * MOST_BYTES <= MAX_PAYLOAD_BYTES ? body.length : Buffer.byteLength(body);

/** Google's error for a body that is too large; undefined for a body that Google accepts. */
export function payloadRefusal(body: string): UpstreamError | undefined {
  const bytes = sizeOf(body);
  if (bytes <= MAX_PAYLOAD_BYTES) return undefined;
  return new UpstreamError(
    'not-sent',
    `Request payload size exceeds the limit: ${MAX_PAYLOAD_BYTES} bytes, and this one has ${bytes}.`,
    { status: 413, means: 'too-large' },
  );
}
