/** Bodies of any length that upstream sends as fast as they are read, and what became of them. */

export type Measured = {
  response: Response;
  /** Bytes that were read so far. */
  taken(): number;
  /** Resolves when the reader has left, or has everything. */
  over: Promise<'left' | 'read to its end'>;
};

/** `pieces` are made when they are read. */
export function measured(pieces: Iterator<Uint8Array>, status = 200): Measured {
  const over = Promise.withResolvers<'left' | 'read to its end'>();
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = pieces.next();
        if (next.done) {
          controller.close();
          over.resolve('read to its end');
          return;
        }
        taken += next.value.byteLength;
        controller.enqueue(next.value);
      },
      cancel: () => over.resolve('left'),
    },
    { highWaterMark: 0 },
  );
  const response = new Response(body, { status, headers: { 'content-type': 'text/event-stream' } });
  return { response, taken: () => taken, over: over.promise };
}

const encoder = new TextEncoder();

export const sse = (chunk: object): Uint8Array => encoder.encode(`data: ${JSON.stringify(chunk)}\r\n\r\n`);

/** `first`, and then the same bytes for ever. */
export function* endless(again: string, ...first: readonly Uint8Array[]): Generator<Uint8Array> {
  yield* first;
  const piece = encoder.encode(again);
  for (;;) yield piece;
}
