/** Upstream of the fault bench: serves a turn, and keeps what it was asked. */
import type { Fetch } from '../../../src/lib/ports.ts';
import { resetError } from '../../../src/sim/faults/connection.ts';
import type { FaultTurn } from './turns.ts';

/** One upstream request. Times are milliseconds of the scene. */
export type Asked = {
  at: number;
  method: string;
  url: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: string;
  /** The bytes that reached the proxy. */
  pieces: Uint8Array[];
  /** Undefined while it lasts. */
  end: { at: number; how: string } | undefined;
};

/** The reply, in one read, at every attempt. */
export function serveTurn({ reply }: FaultTurn): Fetch {
  const { status, headers, body, end } = reply;
  return async (_url, init) => {
    init.signal?.throwIfAborted();
    let given = body.byteLength === 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (!given) controller.enqueue(body);
          else if (end === 'eof') controller.close();
          else if (end === 'reset') controller.error(resetError());
          given = true;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(stream, { status, headers: { ...headers } });
  };
}

/** Notes in `asked` what passes, with its time; `onNews` is told of each step. */
export function watched(inner: Fetch, asked: Asked[], now: () => number, onNews: () => void): Fetch {
  return async (url, init, exchange) => {
    const { method = 'GET', body } = init;
    if (typeof body !== 'string') throw new Error('the body of a request upstream is a text');
    const headers = [...new Headers(init.headers)];
    const seen: Asked = { at: now(), method, url, headers, body, pieces: [], end: undefined };
    asked.push(seen);
    const ends = (how: string) => {
      onNews();
      seen.end ??= { at: now(), how };
    };
    init.signal?.addEventListener('abort', () => ends('left'), { once: true });
    onNews();
    const response = await inner(url, init, exchange).catch((error: unknown) => {
      ends(`failed: ${String(error)}`);
      throw error;
    });
    onNews();
    const source = response.body?.getReader();
    const passing = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const next = await source?.read().catch((error: unknown) => {
            ends(`broke: ${String(error)}`);
            throw error;
          });
          onNews();
          if (!next?.value) {
            ends('read to its end');
            controller.close();
            return;
          }
          seen.pieces.push(next.value);
          controller.enqueue(next.value);
        },
        cancel(reason) {
          ends('left');
          return source?.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    const { status, statusText } = response;
    return new Response(status === 302 ? null : passing, { status, statusText, headers: response.headers });
  };
}
