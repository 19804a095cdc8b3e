/** Chunks as the bytes of an event stream, one event a read, at once or at a human pace. */
import type { Clock, Random } from '../../lib/ports.ts';
import type { Chunk } from './chunks.ts';
import { googleEvent } from './google-json.ts';

export type Pace = 'instant' | 'human';

/** Milliseconds until the first event: at least, and up to this much more. */
const FIRST_EVENT = { least: 300, spread: 600 };
const TOKENS_PER_SECOND = 90;

export type PaceOptions = { pace: Pace; clock: Clock; random: Random; signal: AbortSignal | undefined };

/** Ends with the last chunk; breaks with the signal's reason when that aborts first. */
export function streamBody(chunks: readonly Chunk[], options: PaceOptions): ReadableStream<Uint8Array> {
  const { signal } = options;
  const encoder = new TextEncoder();
  // A reader that goes away ends the waiting, too.
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

function waitBefore(chunk: Chunk, index: number, { pace, random }: PaceOptions): number {
  if (pace === 'instant') return 0;
  const first = index === 0 ? FIRST_EVENT.least + random.next() * FIRST_EVENT.spread : 0;
  return first + (chunk.tokens / TOKENS_PER_SECOND) * 1000;
}
