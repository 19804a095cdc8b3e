/** An upstream and a client that go on step by step, as a test says. */
import { expect } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';

const encoder = new TextEncoder();
const sse = (chunk: object) => encoder.encode(`data: ${JSON.stringify(chunk)}\r\n\r\n`);

/** Google, driven by hand: it says what `push` is given, and tells when the proxy has left. */
export function heldUpstream() {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const head = Promise.withResolvers<void>();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const fetch: Fetch = async (_url, init) => {
    asked.resolve();
    const gone = new Promise<never>((_resolve, reject) => {
      init.signal?.addEventListener('abort', () => {
        left.resolve();
        reject(init.signal?.reason);
      });
    });
    await Promise.race([head.promise, gone]);
    gone.catch(() => {});
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given;
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return {
    fetch,
    asked: asked.promise,
    left: left.promise,
    openHead: head.resolve,
    push: (chunk: object) => controller?.enqueue(sse(chunk)),
    close: () => controller?.close(),
  };
}

/** Reads events as they come. */
export function reader(response: Response) {
  const body = response.body
    ?.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .getReader();
  let seen = '';
  return {
    /** Resolves once `text` has come. */
    async until(text: string): Promise<string> {
      while (!seen.includes(text)) {
        const next = await body?.read();
        if (!next || next.done) throw new Error(`ended without ${text}: ${seen}`);
        seen += next.value;
      }
      return seen;
    },
    async rest(): Promise<string> {
      for (;;) {
        const next = await body?.read();
        if (!next || next.done) return seen;
        seen += next.value;
      }
    },
    cancel: () => body?.cancel(),
  };
}

/** Turns of the event loop, in which sockets are served. No time passes on the manual clock. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Ends vain waiting after the test has failed by its own limit. */
const LONGER_THAN_ANY_TEST_MS = 200_000;

/** Waits as long as the test may last: the speed of the machine must not matter. */
export async function until(condition: () => boolean): Promise<void> {
  const begun = performance.now();
  while (!condition() && performance.now() - begun < LONGER_THAN_ANY_TEST_MS)
    await new Promise((resolve) => setImmediate(resolve));
  expect(condition()).toBe(true);
}

export type HeldUpstream = ReturnType<typeof heldUpstream>;
