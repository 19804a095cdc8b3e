/** Faults of the body. Each is a transform between upstream's reads and ours, and is pulled one read at a time. */
import { ignoreFailure } from '../../lib/async.ts';
import type { Behaviour, Strike } from './fault.ts';

export type Reads = AsyncIterable<Uint8Array>;
export type Transform = (reads: Reads, strike: Strike) => Reads;

/** A fault that strikes only answers with a stream: those with a 2xx status and a body. */
export const onBody =
  (transform: Transform): Behaviour =>
  async (send, strike) => {
    const response = await send();
    return response.ok && response.body ? withBody(response, strike, transform) : response;
  };

/** `response` with a changed body. When the reader leaves the new body, the old body is closed at once. */
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
        // The fault may have ended while a read of upstream is still under way.
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
  // The fault may have changed the length.
  headers.delete('content-length');
  return new Response(body, { status, statusText, headers });
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Yields the reads of upstream. Closes upstream when the body is left before its end. */
async function* readsOf(source: Reader | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const next = await source?.read();
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    // Whether upstream could be closed makes no difference any more.
    ignoreFailure(source?.cancel());
  }
}

/** Waits `ms`, or for ever. Rejects when the answer is no longer wanted. */
export function pause(ms: number, { clock, signal }: Strike): Promise<void> {
  if (ms !== Infinity) return clock.sleep(ms, signal);
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
