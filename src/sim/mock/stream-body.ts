/** Sends chunks as the bytes of an event stream, one event in each read, all at once or as slowly as a model. */
import type { Clock } from '../../lib/ports.ts';
import type { DrawnSpeed } from './chance.ts';
import type { Chunk } from './chunks.ts';
import { googleEvent } from './google-json.ts';

export type Pace = 'instant' | 'human';

export type PaceOptions = {
  pace: Pace;
  /** The speed of an answer where the pace is `human`. */
  speed: DrawnSpeed;
  clock: Clock;
  signal: AbortSignal | undefined;
};

/**
 * Makes the body. It ends after the last chunk, or breaks with the signal's reason when the signal aborts before that.
 */
export function streamBody(chunks: readonly Chunk[], options: PaceOptions): ReadableStream<Uint8Array> {
  const { signal } = options;
  const encoder = new TextEncoder();
  // Where the reader leaves, the waiting ends too.
  const left = new AbortController();
  const stop = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (signal?.aborted) controller.error(signal.reason);
        signal?.addEventListener('abort', () => controller.error(signal.reason), { once: true });
      },
      async pull(controller) {
        const chunk = chunks[next];
        if (!chunk) {
          controller.close();
          return;
        }
        const wait = waitBefore(chunk, next, options);
        next += 1;
        if (wait > 0) await options.clock.sleep(wait, stop);
        if (!stop.aborted) controller.enqueue(encoder.encode(googleEvent(chunk.body)));
      },
      cancel() {
        left.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

function waitBefore(chunk: Chunk, index: number, { pace, speed }: PaceOptions): number {
  if (pace === 'instant') return 0;
  const first = index === 0 ? speed.firstMs : 0;
  return first + (chunk.tokens / speed.tokensPerSecond) * 1000;
}
