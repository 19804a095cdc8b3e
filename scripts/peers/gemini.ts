/** Plays Google for one case: a list of replies, of which the last repeats, in Google's wire bytes. It keeps what it was sent. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Part = Record<string, unknown>;
export type Chunk = {
  candidates?: readonly { content?: { parts: readonly Part[] }; finishReason?: string }[];
  usageMetadata?: Record<string, number>;
};

export type Reply =
  | { kind: 'answer'; chunks: readonly Chunk[] }
  /** The bytes of a stream, write by write. `reset`: then the connection is cut. */
  | { kind: 'bytes'; writes: readonly Uint8Array[]; reset: boolean }
  | { kind: 'error'; status: number; body: unknown };

export type Asked = { method: string; body: string };

export type FakeGemini = {
  url: string;
  /** The requests for an answer, and those for a count. */
  generate: Asked[];
  count: Asked[];
  close(): Promise<void>;
};

/** Milliseconds between two writes, so that the reader takes the first before the second comes. */
const APART_MS = 2;
const BYTES_A_TOKEN = 4;

const encoder = new TextEncoder();
export const eventOf = (chunk: Chunk): Uint8Array => encoder.encode(`data: ${JSON.stringify(chunk)}\r\n\r\n`);

/** What Google counts: all that the model is shown. */
export const tokensOf = (body: string): number => Math.ceil(body.length / BYTES_A_TOKEN);

async function write(response: ServerResponse, writes: readonly Uint8Array[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const bytes of writes) {
    response.write(bytes);
    await Bun.sleep(APART_MS);
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** The whole answer of which `chunks` are the stream. */
function whole(chunks: readonly Chunk[]): Chunk {
  const candidates = chunks.flatMap((chunk) => chunk.candidates ?? []);
  const parts = candidates.flatMap((candidate) => candidate.content?.parts ?? []);
  const finishReason = candidates.findLast((candidate) => candidate.finishReason)?.finishReason;
  const usageMetadata = chunks.findLast((chunk) => chunk.usageMetadata)?.usageMetadata;
  return {
    candidates: [{ content: { parts }, ...(finishReason ? { finishReason } : {}) }],
    ...(usageMetadata ? { usageMetadata } : {}),
  };
}

async function answer(response: ServerResponse, reply: Reply, streams: boolean): Promise<void> {
  if (reply.kind === 'error') return json(response, reply.status, reply.body);
  if (reply.kind === 'answer' && !streams) return json(response, 200, whole(reply.chunks));
  await write(response, reply.kind === 'answer' ? reply.chunks.map(eventOf) : reply.writes);
  if (reply.kind === 'bytes' && reply.reset) response.socket?.destroy();
  else response.end();
}

export async function startGemini(replies: readonly Reply[]): Promise<FakeGemini> {
  const [generate, count]: [Asked[], Asked[]] = [[], []];
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const method = /:(\w+)(?:\?|$)/.exec(request.url ?? '')?.[1] ?? '';
    if (method === 'countTokens') {
      count.push({ method, body });
      return json(response, 200, { totalTokens: tokensOf(body) });
    }
    const reply = replies[generate.length] ?? replies.at(-1);
    if (!reply || !/^(?:streamG|g)enerateContent$/.test(method)) return json(response, 404, {});
    generate.push({ method, body });
    await answer(response, reply, method === 'streamGenerateContent');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${port}`, generate, count, close };
}
