/**
 * Clients that leave, read slowly or close their half of the connection: upstream is left at once, no other client
 * notices, and nothing is lost.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Clock, type Fetch, systemClock } from '../src/lib/ports.ts';
import { bodyOf, FAULTY_CLIENTS, type FaultyClient, openClient } from './support/clients/faulty-clients.ts';
import { openBench } from './support/faults/bench.ts';
import { type FaultTurn, fixtureTurns, shapes } from './support/faults/turns.ts';
import { turns, until } from './support/google/held-upstream.ts';
import { startProxy, type TestProxy } from './support/proxy.ts';

const MODES = ['stream', 'whole'] as const;
const TIMEOUT_MS = 60_000;
const CLIENT_GONE = 499;

/** Answers may tell the date of their request. Here it stays, so that two answers can be compared. */
const DATE = new Date('2026-11-30T09:00:00Z');
const clock: Clock = { ...systemClock, wall: () => DATE };

let upstream: Fetch = () => Promise.reject(new Error('no turn'));
let proxy: TestProxy;
beforeAll(async () => {
  proxy = await startProxy({ clock, fetch: (url, init, exchange) => upstream(url, init, exchange) });
});
afterAll(() => proxy[Symbol.asyncDispose]());

/** Serves the turn as far as `holds` says; then waits until the proxy leaves. */
function holdingUpstream({ reply }: FaultTurn, holds: FaultyClient['holds']) {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const { body, headers } = reply;
  const firstEvent = Buffer.from(body).indexOf('\r\n\r\n') + 4;
  const fetch: Fetch = async (_url, init) => {
    init.signal?.addEventListener('abort', () => left.resolve());
    if (holds === 'head') {
      asked.resolve();
      return new Promise((_, reject) =>
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      );
    }
    const stream = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(holds === 'body' ? body.subarray(0, firstEvent) : body);
        if (holds === 'nowhere') controller.close();
        await turns();
        asked.resolve();
      },
      cancel: () => left.resolve(),
    });
    return new Response(stream, { headers: { ...headers } });
  };
  return { fetch, asked: asked.promise, left: left.promise };
}

/** Ids are new in every answer. */
const withoutIds = (text: string) => text.replace(/\b(msg|toolu|srvtoolu|req)_[0-9A-Za-z]{24}/g, '$1');
/** The checksums in signatures depend on ids. */
const comparable = (text: string) => withoutIds(text).replace(/"signature":"[^"]*"/g, '"signature"');

const requestOf = ({ request }: FaultTurn, mode: string) =>
  JSON.stringify({ ...request, stream: mode === 'stream' });

async function ordinaryAnswer(turn: FaultTurn, mode: string): Promise<string> {
  upstream = holdingUpstream(turn, 'nowhere').fetch;
  const response = await proxy.send('/v1/messages', JSON.parse(requestOf(turn, mode)));
  return response.text();
}

async function tryClient(client: FaultyClient, turn: FaultTurn, mode: string): Promise<void> {
  const held = holdingUpstream(turn, client.holds);
  const logged = proxy.lines.length;
  upstream = held.fetch;
  const socket = await openClient(proxy.port, '/v1/messages', requestOf(turn, mode));
  const answer = await client.drive(socket, held);
  if (client.effect === 'upstream is closed') {
    await held.left;
    await until(() => proxy.lines.slice(logged).some((line) => line['status'] === CLIENT_GONE));
  } else {
    expect(comparable(bodyOf(answer))).toBe(comparable(await ordinaryAnswer(turn, mode)));
  }
  socket.destroy();
  expect(proxy.lines.slice(logged).filter(({ level }) => level === 'error')).toEqual([]);
}

/** The turns of `fixtures/turns` that are answered at the first attempt. */
async function answeredTurns(): Promise<FaultTurn[]> {
  using bench = await openBench();
  const answered: FaultTurn[] = [];
  for (const turn of fixtureTurns().filter(({ streamed }) => streamed)) {
    const { status, text, delivered } = await bench.run(turn, '', 'stream');
    if (status === 200 && delivered.length === 1 && !text.includes('event: error')) answered.push(turn);
  }
  return answered;
}

const answered = await answeredTurns();

describe.each([...FAULTY_CLIENTS])('a client that $name', (client) => {
  const all = client.effect === 'the same answer' ? [...answered, ...shapes()] : shapes();
  test.each([...MODES])(
    '%s',
    async (mode) => {
      for (const turn of all) await tryClient(client, turn, mode);
      const health = await (await proxy.send('/health')).json();
      expect(health).toMatchObject({ streams_in_flight: 0 });
    },
    TIMEOUT_MS,
  );
});
