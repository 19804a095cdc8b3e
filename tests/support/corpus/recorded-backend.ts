/** A real backend whose network is one recording. */

import type { Frame } from '../../../src/gemini/frames.ts';
import { type Exchange, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import type { Backend } from '../../../src/upstream/backend.ts';
import { createGenaiBackend } from '../../../src/upstream/genai.ts';
import type { Recording } from './corpus.ts';

export const testExchange: Exchange = { id: 'req_1', labels: {}, note: () => {} };

/** Cuts `bytes` after each of the `sizes`; the rest is the last slice. */
export function* slicesOf(bytes: Uint8Array, sizes: Iterable<number>): Generator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

export function streamOf(slices: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const rest = slices[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = rest.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** The recorded reads where they are known, or else the whole body as one read. */
export function recordedBackend(recording: Recording): Backend {
  const { status, headers, body, chunk_bytes = [] } = recording.response;
  const fetch: Fetch = async () =>
    new Response(streamOf(slicesOf(new TextEncoder().encode(body), chunk_bytes)), { status, headers });
  return createGenaiBackend({
    kind: 'gemini',
    apiKey: 'test-key',
    fetch,
    headTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    clock: systemClock,
  });
}

export async function* recordedFrames(recording: Recording): AsyncGenerator<Frame> {
  const asked = { model: recording.model, body: '{}', stream: recording.kind === 'stream' };
  const { frames } = await recordedBackend(recording).generate(
    asked,
    testExchange,
    new AbortController().signal,
  );
  for await (const batch of frames) yield* batch;
}
