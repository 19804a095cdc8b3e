/** A proxy that records what a scripted upstream says, in virtual time. */
import { expect } from 'bun:test';
import { type Fetch, systemClock } from '../../src/lib/ports.ts';
import { listRecording, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { VirtualClock } from '../../src/sim/replay/virtual-clock.ts';
import { googleStream, hello, startProxy, type TestProxy, textChunk } from './proxy.ts';

const encoder = new TextEncoder();
export const event = (chunk: object) => `data: ${JSON.stringify(chunk)}\r\n\r\n`;
const EVENT_STREAM = { headers: { 'content-type': 'text/event-stream' } };

type Piece = string | Uint8Array | { waitMs: number } | 'RESET' | 'SILENCE';

/** A body made of `pieces`; times are the clock's. */
function script(
  clock: VirtualClock,
  pieces: readonly Piece[],
  signal: AbortSignal | null | undefined,
): Response {
  async function* body() {
    for (const piece of pieces) {
      if (piece === 'RESET') throw Object.assign(new Error('The socket closed'), { code: 'ECONNRESET' });
      if (piece === 'SILENCE') await clock.waitForUpstream(Number.POSITIVE_INFINITY, signal ?? undefined);
      else if (typeof piece === 'object' && 'waitMs' in piece) {
        await clock.waitForUpstream(piece.waitMs, signal ?? undefined);
      } else yield typeof piece === 'string' ? encoder.encode(piece) : piece;
    }
  }
  const source = body();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, EVENT_STREAM);
}

/** Upstream's answer to one request. */
export type UpstreamPlay = (clock: VirtualClock, init: RequestInit) => Response | Promise<Response>;

export const pieces =
  (...list: Piece[]): UpstreamPlay =>
  (clock, init) =>
    script(clock, list, init.signal);

export const streamed = { ...hello, stream: true };

export const good: UpstreamPlay = () => googleStream(textChunk('Hello '), textChunk('there', 'STOP'));

/** A proxy that records into `folder`, in virtual time; its upstream plays `attempts` in order. */
export async function recordingProxy(
  folder: string,
  attempts: readonly UpstreamPlay[],
  env: Record<string, string> = {},
) {
  const clock = new VirtualClock(1_800_000_000_000, () => 0, systemClock);
  let next = 0;
  const fetch: Fetch = async (_url, init) => {
    const play = attempts[next++];
    if (!play) throw new Error('one attempt too many');
    clock.setUpstreamOpen(true);
    return play(clock, init);
  };
  // The upstream of a scene answers for one model only.
  return startProxy({ fetch, clock, env: { RECORD: folder, MODEL_FALLBACKS: 'none', ...env } });
}

export async function ask(
  proxy: TestProxy,
  { path = '/v1/messages', request = hello }: { path?: string; request?: object } = {},
) {
  return (await proxy.send(path, request)).text();
}

export const onlyRequest = (folder: string): RecordedRequest => {
  const [path = '', ...more] = listRecording(folder);
  expect(more).toEqual([]);
  return readRecordedRequest(path);
};
