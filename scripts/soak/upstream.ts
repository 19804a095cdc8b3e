/** Google's side, on loopback: it says the text for each number, with a few small pauses. */
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import { numberIn, type Said, saidTo } from './said.ts';

/** Milliseconds that it sometimes waits between two chunks. */
const PAUSE_MS = 2;
const encoder = new TextEncoder();
const EVENTS = { headers: { 'content-type': 'text/event-stream' } };

type Part = Record<string, unknown>;

const chunkOf = (parts: readonly Part[], count: number, finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}) }],
  usageMetadata: { promptTokenCount: 20, candidatesTokenCount: count },
  modelVersion: 'soak',
});

/**
 * Only few different calls: the proxy keeps signatures up to a limit, and until that is reached they would look like
 * growth.
 */
const signatureOf = ({ at }: { at: number }) =>
  at % 40 === 0 ? { thoughtSignature: Buffer.from(`signature of ${at}`).toString('base64') } : {};

function chunksOf({ thought, pieces, call }: Said): object[] {
  const thoughts = thought === '' ? [] : [[{ text: thought, thought: true }]];
  const texts = pieces.map((text) => [{ text }]);
  const calls = call ? [[{ functionCall: { name: 'look', args: call }, ...signatureOf(call) }]] : [];
  const all: Part[][] = [...thoughts, ...texts, ...calls];
  return all.map((parts, index) => chunkOf(parts, index + 1, index === all.length - 1 ? 'STOP' : undefined));
}

async function* eventsOf(chunks: readonly object[]): AsyncGenerator<Uint8Array> {
  for (const [index, chunk] of chunks.entries()) {
    if (index % 5 === 4) await Bun.sleep(PAUSE_MS);
    yield encoder.encode(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
  }
}

/** A whole answer is one chunk with all parts. */
const wholeOf = (said: Said): object => {
  const { thought, pieces, call } = said;
  return chunkOf(
    [
      ...(thought === '' ? [] : [{ text: thought, thought: true }]),
      { text: pieces.join('') },
      ...(call ? [{ functionCall: { name: 'look', args: call } }] : []),
    ],
    pieces.length,
    'STOP',
  );
};

/** The last number that was asked for. */
function asked(body: unknown): number {
  const contents = isObject(body) && Array.isArray(body['contents']) ? body['contents'] : [];
  return numberIn(JSON.stringify(contents.at(-1) ?? '')) ?? 1;
}

export function serveUpstream() {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const body = tryParseJson(await request.text());
      if (pathname.endsWith(':countTokens')) return Response.json({ totalTokens: 20 });
      const said = saidTo(asked(body));
      if (pathname.endsWith(':generateContent')) return Response.json(wholeOf(said));
      return new Response(eventsOf(chunksOf(said)) as unknown as ReadableStream, EVENTS);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    /** Requests whose answer is not complete. */
    pending: () => server.pendingRequests,
    stop: () => server.stop(true),
  };
}
