/** Faults of the body: a transform between upstream's reads and ours, pulled one read at a time. */
import { ignoreFailure } from '../../lib/async.ts';
import type { Behaviour, Strike } from './fault.ts';

export type Reads = AsyncIterable<Uint8Array>;
export type Transform = (reads: Reads, strike: Strike) => Reads;

/** Strikes good answers only: what is not 2xx, or has no body, has no stream. */
export const onBody =
  (transform: Transform): Behaviour =>
  async (send, strike) => {
    const response = await send();
    return response.ok && response.body ? withBody(response, strike, transform) : response;
  };

/** `response` with its body changed on the way. Leaving the new body closes the old one at once. */
export function withBody(response: Response, strike: Strike, transform: Transform): Response {
  const left = new AbortController();
  const signal = AbortSignal.any([strike.signal, left.signal]);
  const source = response.body?.getReader();
  const items = transform(readsOf(source), { ...strike, signal })[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          let next = await items.next();
          while (!next.done && next.value.byteLength === 0) next = await items.next();
          if (left.signal.aborted) return;
          if (!next.done) {
            controller.enqueue(next.value);
            return;
          }
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        // The fault may be over before upstream is, and a read of it under way.
        ignoreFailure(source?.cancel());
      },
      cancel(reason) {
        left.abort(reason);
        return source?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  // It may no longer be true.
  headers.delete('content-length');
  return new Response(body, { status, statusText, headers });
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Closes upstream when it is left before the end. */
async function* readsOf(source: Reader | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const next = await source?.read();
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    // Nobody is left to hear how upstream takes it.
    ignoreFailure(source?.cancel());
  }
}

/** Waits `ms`, or for ever; rejects when nobody waits any more. */
export function pause(ms: number, { clock, signal }: Strike): Promise<void> {
  if (ms !== Infinity) return clock.sleep(ms, signal);
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
