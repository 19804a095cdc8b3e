/** A stand-in for Google on a real socket. */

import { type Exchange, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import { createGenaiBackend, type GenaiOptions } from '../../../src/upstream/genai.ts';

export const KEY = 'AIza-canary-key-0123456789';

export type Seen = { method: string; url: URL; headers: Headers; body: string };

/** `reply` answers; every request is kept. Close it with `using`. */
export function serveUpstream(reply: (request: Request, seen: Seen) => Response | Promise<Response>) {
  const requests: Seen[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const { method, headers } = request;
      const seen = { method, url: new URL(request.url), headers, body: await request.text() };
      requests.push(seen);
      return reply(request, seen);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

export const httpFetch: Fetch = (url, init) => fetch(url, init);

export const exchange: Exchange = { id: 'test', labels: {}, note: () => {} };

export function backendAt(baseUrl: string, more: Partial<GenaiOptions> = {}) {
  return createGenaiBackend({
    kind: 'gemini',
    apiKey: KEY,
    baseUrl,
    fetch: httpFetch,
    headTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    clock: systemClock,
    ...more,
  });
}

/**
 * An event stream that sends each of `pieces` in its own write, and then stays open until `release`, or until the
 * client leaves.
 */
export function openStream(pieces: readonly string[]) {
  const closed = Promise.withResolvers<number>();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
    },
    cancel() {
      closed.resolve(performance.now());
    },
  });
  const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  return { response, closedAt: closed.promise };
}
