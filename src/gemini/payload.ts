/** How large a request may be: 20 MiB, beyond which Google answers 400 without reading it. */
import { UpstreamError } from './errors.ts';

export const MAX_PAYLOAD_BYTES = 20_971_520;

/** A character has at most three bytes in UTF-8, and a surrogate pair has four. */
const MOST_BYTES = 3;

const sizeOf = (body: string): number =>
  body.length * MOST_BYTES <= MAX_PAYLOAD_BYTES ? body.length : Buffer.byteLength(body);

/** What Google says of a body that is too large; undefined for a body that it takes. */
export function payloadRefusal(body: string): UpstreamError | undefined {
  const bytes = sizeOf(body);
  if (bytes <= MAX_PAYLOAD_BYTES) return undefined;
  return new UpstreamError(
    'not-sent',
    `Request payload size exceeds the limit: ${MAX_PAYLOAD_BYTES} bytes, and this one has ${bytes}.`,
    { status: 413, means: 'too-large' },
  );
}
