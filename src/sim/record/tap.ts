/** Watches a body while it flows. Only references and times are kept; everything else is done after the end. */
import type { Read } from '../cassette/types.ts';

export type TapEvents = {
  read(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
  /** The reader has left the body. */
  cancel(): void;
};

/** A body with the same bytes in the same pieces, pulled as before: nothing is read ahead, and nothing has to wait. */
export function tapBody(body: ReadableStream<Uint8Array>, events: TapEvents): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await reader.read();
          if (done) {
            events.end();
            controller.close();
          } else {
            events.read(value);
            controller.enqueue(value);
          }
        } catch (error) {
          events.fail(error);
          controller.error(error);
        }
      },
      cancel(reason) {
        events.cancel();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Keeps a limited number of bytes, with the times between the reads. Later reads are not kept; that they are missing is
 * noted.
 */
export class ReadLog {
  readonly reads: Read[] = [];
  isTruncated = false;
  readonly #now: () => number;
  readonly #maxBytes: number;
  #size = 0;
  #last: number;

  constructor(now: () => number, maxBytes: number) {
    this.#now = now;
    this.#maxBytes = maxBytes;
    this.#last = now();
  }

  add(bytes: Uint8Array): void {
    if (this.isTruncated || this.#size + bytes.length > this.#maxBytes) {
      this.isTruncated = true;
      return;
    }
    this.#size += bytes.length;
    this.reads.push({ ms: this.lap(), bytes });
  }

  /** The milliseconds since the last call. */
  lap(): number {
    const now = this.#now();
    const ms = Math.max(0, now - this.#last);
    this.#last = now;
    return ms;
  }
}
