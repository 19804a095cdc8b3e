/** The proxy in this process on a clock that stands still, with an upstream that serves one turn and is broken by rule. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../../src/compose/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/lib/log.ts';
import { createSeededRandom, type Fetch } from '../../src/lib/ports.ts';
import { resetError } from '../../src/sim/faults/connection.ts';
import { createFaultFetch, parseFaults } from '../../src/sim/faults/index.ts';
import type { FaultTurn } from './fault-turns.ts';
import { turns } from './held-upstream.ts';
import { ManualClock } from './manual-clock.ts';
import { GEMINI_KEY } from './proxy.ts';

export type Mode = 'stream' | 'whole';

export type Told = {
  status: number;
  headers: Headers;
  /** The whole answer as it came. */
  text: string;
  /** Of each request upstream: the bytes that got through to the proxy. */
  delivered: Uint8Array[];
  /** Strikes that were noted. */
  strikes: number;
};

/** Turns of the event loop without any news, after which nothing but time can bring some. */
const QUIET_TURNS = 6;
/** Virtual time in which any answer must end, one way or another: more than all timeouts together. */
const LONGEST_MS = 3_600_000;

/** The reply, whole in one read, at every try. */
function serve({ reply }: FaultTurn): Fetch {
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

/** Keeps what passes. */
function tapped(inner: Fetch, delivered: Uint8Array[][]): Fetch {
  return async (url, init, exchange) => {
    const pieces: Uint8Array[] = [];
    delivered.push(pieces);
    const response = await inner(url, init, exchange);
    const source = response.body?.getReader();
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const next = await source?.read();
          if (!next?.value) {
            controller.close();
            return;
          }
          pieces.push(next.value);
          controller.enqueue(next.value);
        },
        cancel: (reason) => source?.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    const { status, statusText, headers } = response;
    return new Response(status === 302 ? null : body, { status, statusText, headers });
  };
}

/** `streaming: false` asks upstream for whole answers. */
export async function openBench({ streaming }: { streaming: boolean } = { streaming: true }) {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const clock = new ManualClock();
  let upstream: Fetch = () => Promise.reject(new Error('no turn'));
  let random = createSeededRandom(1);
  // The mock's key forgets what it met: a quota that one run uses up is not gone for the next.
  const env = {
    BACKEND: 'mock',
    GEMINI_API_KEY: GEMINI_KEY,
    DATA_DIR: folder,
    FORCE_DISABLE_STREAMING: String(!streaming),
    // Rows promise what becomes of one fault; a second retry would only repeat the first.
    MAX_RETRIES: '1',
    MAX_STREAMING_RETRIES: '1',
    MODEL_FALLBACKS: 'none',
  };
  const config = readConfig(env, []);
  const system = compose(config, {
    clock,
    random: { next: () => random.next() },
    logger: await createLogger({ level: 'critical', format: 'json', write: () => {} }),
    fetch: (url, init, exchange) => upstream(url, init, exchange),
  });

  /** Lets time pass only when nothing else happens; fails where not even that helps. */
  async function patiently<T>(work: Promise<T>, what: string): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    const latest = clock.monotonic() + LONGEST_MS;
    for (;;) {
      for (let i = 0; i < QUIET_TURNS && !over; i++) await turns(1);
      if (over) return work;
      if (clock.sleeping === 0 || clock.monotonic() > latest)
        throw new Error(`${what}: nothing more happens`);
      await clock.skip();
    }
  }

  async function run(turn: FaultTurn, faults: string, mode: Mode): Promise<Told> {
    const delivered: Uint8Array[][] = [];
    let strikes = 0;
    const broken = createFaultFetch(serve(turn), parseFaults(faults), { clock, seed: 1 });
    upstream = tapped((url, init, exchange) => {
      const note: typeof exchange.note = (event) => {
        if (event === 'fault') strikes++;
      };
      return broken(url, init, { ...exchange, note });
    }, delivered);
    random = createSeededRandom(1);
    const request = new Request('http://127.0.0.1/v1/messages', {
      method: 'POST',
      body: JSON.stringify({ ...turn.request, stream: mode === 'stream' }),
      headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json', ...turn.headers },
    });
    const answer = (async () => {
      const response = await system.app.handle(request);
      return { response, text: await response.text() };
    })();
    const { response, text } = await patiently(answer, `${faults} on ${turn.name} (${mode})`);
    const { status, headers } = response;
    return { status, headers, text, delivered: delivered.map((pieces) => Buffer.concat(pieces)), strikes };
  }

  return {
    run,
    clock,
    [Symbol.dispose]() {
      system.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Bench = Awaited<ReturnType<typeof openBench>>;
