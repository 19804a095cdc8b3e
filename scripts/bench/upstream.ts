/**
 * A process that plays Google for the bench. It recognises the row by the model in the path, and does not read the
 * body.
 */
import { MODEL_PREFIX, ROWS, SILENT_MODEL } from './rows.ts';
import { piecesOf } from './wire.ts';

/** Milliseconds between two writes, so that the reader takes the first before the second comes. */
const APART_MS = 1;

const pieces = new Map(ROWS.map((row) => [`${MODEL_PREFIX}${row.name}`, piecesOf(row.answer)]));
const firstOfSilent = piecesOf({ chunks: 2, arrival: 'apart' }).slice(0, 1);
const headers = { 'content-type': 'text/event-stream' };

function apart(all: readonly Uint8Array<ArrayBuffer>[], ends: boolean): ReadableStream<Uint8Array> {
  let left = false;
  return new ReadableStream({
    async start(controller) {
      for (const piece of all) {
        if (left) return;
        controller.enqueue(piece);
        await Bun.sleep(APART_MS);
      }
      if (ends && !left) controller.close();
    },
    cancel() {
      left = true;
    },
  });
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const model = /models\/([^:]+):/.exec(request.url)?.[1] ?? '';
    await request.arrayBuffer();
    if (model === SILENT_MODEL) return new Response(apart(firstOfSilent, false), { headers });
    const [first, ...others] = pieces.get(model) ?? [];
    if (!first) return new Response('no such row', { status: 404 });
    return new Response(others.length === 0 ? first : apart([first, ...others], true), { headers });
  },
});
console.log(`listening http://127.0.0.1:${server.port}`);
