/** The bytes of media that are too large to stand in a request, wherever they are: in a request in base64, or on disk. */
import { othersFirst } from '../../lib/async.ts';
import type { MarkedMedium } from '../../translate/request/media/moved-media.ts';

/** Bytes that can be read in pieces, in any order, as often as they are wanted. */
export type Bytes = {
  size: number;
  read(from: number, to: number): Promise<Uint8Array>;
  /** A name that always means the same bytes, where there is one. */
  id?: string;
};

export type MovedMedium = MarkedMedium & {
  bytes: Bytes;
  /** The bytes in base64, where they may stand in the request after all: nobody may take them as a file. */
  data?: string;
};

/** The bytes of base64, in either alphabet. */
export function bytesOfBase64(data: string): Bytes {
  const size = Buffer.byteLength(data, 'base64url');
  return {
    size,
    // Four characters stand for three bytes.
    async read(from, to) {
      const group = Math.floor(from / 3);
      const text = data.slice(group * 4, Math.ceil(to / 3) * 4);
      const skipped = from - group * 3;
      return Buffer.from(text, 'base64').subarray(skipped, skipped + to - from);
    },
  };
}

/** Bytes that are hashed before others have their turn. */
const STEP = 4 * 1024 * 1024;

/** SHA-256 in hexadecimal. */
export async function hashOf({ size, read }: Bytes, signal: AbortSignal): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256');
  for (let from = 0; from < size; from += STEP) {
    hasher.update(await read(from, Math.min(size, from + STEP)));
    await othersFirst();
    signal.throwIfAborted();
  }
  return hasher.digest('hex');
}
