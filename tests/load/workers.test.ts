/** Several processes on one port, as users start them: what they share, and how they start and end. */
import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { turns } from '../support/held-upstream.ts';
import { sse } from '../support/load-upstream.ts';
import { hello, textChunk } from '../support/proxy.ts';
import { type ProxyProcess, startProxy } from '../support/proxy-process.ts';
import { openRaw } from '../support/raw-client.ts';
import { type Seen, serveUpstream } from '../support/upstream.ts';
import { connectToEach, type WorkerConnection, type WorkersHealth } from '../support/worker-connection.ts';

const TIMEOUT_MS = 60_000;
const SIGNATURE = 'c2lnbmVkLWJ5LW9uZQ==';
const streamed = { ...hello, stream: true };

const root = mkdtempSync(join(tmpdir(), 'workers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let places = 0;
const started: ProxyProcess[] = [];
afterEach(async () => {
  for (const proxy of started.splice(0)) await proxy.crash();
}, TIMEOUT_MS);

type Env = Readonly<Record<string, string>>;

async function start(env: Env = {}, args: readonly string[] = []): Promise<ProxyProcess> {
  const folder = join(root, String(++places));
  const proxy = await startProxy({ folder, args, env: { BACKEND: 'mock', WORKERS: '2', ...env } });
  started.push(proxy);
  return proxy;
}

/** A Google that answers `reply`, and a pair of workers that asks it. */
async function pairOn(google: { url: string }, env: Env = {}) {
  const proxy = await start({
    BACKEND: 'gemini',
    GEMINI_API_KEY: 'key-one',
    GOOGLE_GEMINI_BASE_URL: google.url,
    MODEL_FALLBACKS: 'none',
    ...env,
  });
  const [a, b] = await connectToEach(proxy.url, 2);
  if (!a || !b) throw new Error('two workers were asked for');
  return { proxy, a, b };
}

const answers = (...chunks: object[]) =>
  new Response(Buffer.concat(chunks.map(sse)), { headers: { 'content-type': 'text/event-stream' } });
const hi = () => answers(textChunk('Hello', 'STOP'));
const keyOf = ({ headers }: Seen) => headers.get('x-goog-api-key');
const ask = (worker: WorkerConnection, more: object = {}, headers?: Record<string, string>) =>
  worker.ask('POST', '/v1/messages', { ...streamed, ...more }, headers);

/** Asks again until it is so. Each look is a request, so no time has to pass. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

const requestsOf = ({ workers }: WorkersHealth, { worker }: WorkerConnection): number =>
  workers.find((row) => row.worker === worker)?.requests ?? 0;

async function line(proxy: ProxyProcess, isIt: (line: Record<string, unknown>) => boolean) {
  for (;;) {
    const found = proxy.log().find(isIt);
    if (found) return found;
    await proxy.wrote();
  }
}
const says = (proxy: ProxyProcess, text: string) => line(proxy, ({ msg }) => String(msg).includes(text));

/** The process that was the worker's `nth` one. */
async function pidOf(proxy: ProxyProcess, worker: number, nth: number): Promise<number> {
  const isIt = (found: Record<string, unknown>) => found['msg'] === `worker ${worker} serves`;
  await line(proxy, () => proxy.log().filter(isIt).length >= nth);
  return Number(proxy.log().filter(isIt)[nth - 1]?.['pid']);
}

/** The processes whose parent is `pid`. */
const childrenOf = (pid: number): number[] =>
  Bun.spawnSync(['ps', '-o', 'pid=', '--ppid', String(pid)])
    .stdout.toString()
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);

const isFree = (port: number) =>
  openRaw(port).then(
    (client) => {
      client.socket.destroy();
      return false;
    },
    () => true,
  );

describe.skipIf(process.platform !== 'linux')('WORKERS=2', () => {
  test(
    'both serve on the port that was free, one banner tells it, and /health tells the sums',
    async () => {
      const proxy = await start();
      const pair = await connectToEach(proxy.url, 2);
      const texts = await Promise.all(pair.map(async (worker) => (await ask(worker)).body));
      for (const text of texts) expect(text).toContain('message_stop');
      expect(new Set(texts.map((text) => /"id":"(msg_[^"]+)"/.exec(text)?.[1])).size).toBe(2);
      expect(proxy.output().match(/Gemini for Claude Code/g)).toHaveLength(1);
      expect(proxy.log().filter(({ msg }) => msg === 'listening')).toHaveLength(1);
      const requests = async (worker: WorkerConnection) => {
        const { workers, requests: sum, streams_in_flight: open } = await worker.health();
        expect(sum).toBe(workers.reduce((before, one) => before + one.requests, 0));
        expect(workers.map((one) => one.worker)).toEqual([1, 2]);
        return open === 0 && workers.every((one) => one.requests >= 2);
      };
      for (const worker of pair) await until(() => requests(worker));
      for (const path of ['/livez', '/readyz'])
        for (const worker of pair) expect((await worker.ask('GET', path)).status).toBe(200);
    },
    TIMEOUT_MS,
  );

  test(
    'KEY_RPM is counted once, and so is STREAMS_MAX',
    async () => {
      const held = Promise.withResolvers<void>();
      using google = serveUpstream(async (_request, { body }) => {
        if (body.includes('wait for me')) await held.promise;
        return hi();
      });
      const { proxy, a, b } = await pairOn(google, { KEY_RPM: '3', STREAMS_MAX: '1' });
      const knows = (worker: WorkerConnection, count: number) =>
        until(async () => (await worker.health()).streams_in_flight === count);
      a.begin('/v1/messages', { ...hello, messages: [{ role: 'user', content: 'wait for me' }] });
      await knows(b, 1);
      const refused = await ask(b);
      expect([refused.status, refused.body.includes('(STREAMS_MAX)')]).toEqual([529, true]);
      held.resolve();
      await knows(b, 0);
      expect((await ask(b)).status).toBe(200);
      const [c, d] = await connectToEach(proxy.url, 2);
      if (!c || !d) throw new Error('two workers were asked for');
      await knows(c, 0);
      expect((await ask(c)).status).toBe(200);
      // News comes in order: with this figure, what was sent is known as well.
      const counted = requestsOf(await c.health(), c);
      await until(async () => requestsOf(await d.health(), c) >= counted);
      expect((await ask(d)).status).toBe(429);
      expect(google.requests).toHaveLength(3);
    },
    TIMEOUT_MS,
  );

  test(
    'a key that is out of quota for one is left alone by the other, and by one that starts later',
    async () => {
      using google = serveUpstream((_request, seen) =>
        keyOf(seen) === 'key-one'
          ? Response.json(
              {
                error: {
                  code: 429,
                  status: 'RESOURCE_EXHAUSTED',
                  message: 'Quota exceeded. Please retry in 400s.',
                },
              },
              { status: 429 },
            )
          : hi(),
      );
      const { proxy, a, b } = await pairOn(google, { API_KEYS: 'key-one,key-two' });
      const isCooling = async (worker: WorkerConnection) =>
        (await worker.health()).keys[0]?.models[0]?.state === 'cooling';
      for (let nth = 0; !(await isCooling(a)); nth++) {
        const session = { 'x-claude-code-session-id': `session-${nth}` };
        expect((await ask(a, {}, session)).body).toContain('message_stop');
      }
      await until(() => isCooling(b));
      process.kill(await pidOf(proxy, 2, 1), 'SIGKILL');
      await says(proxy, 'worker 2 has ended, and its answers under way with it (SIGKILL)');
      await b.closed;
      await pidOf(proxy, 2, 2);
      const before = google.requests.length;
      for (const worker of await connectToEach(proxy.url, 2))
        for (let nth = 0; nth < 6; nth++) {
          const session = { 'x-claude-code-session-id': `other-${nth}` };
          expect((await ask(worker, {}, session)).body).toContain('message_stop');
        }
      expect(new Set(google.requests.slice(before).map(keyOf))).toEqual(new Set(['key-two']));
    },
    TIMEOUT_MS,
  );

  test(
    'a signature that one was given goes back to Google through the other',
    async () => {
      const call = {
        candidates: [
          {
            content: { parts: [{ functionCall: { name: 'look', args: {} }, thoughtSignature: SIGNATURE }] },
            finishReason: 'STOP',
          },
        ],
      };
      using google = serveUpstream((_request, { body }) =>
        body.includes('functionResponse') ? hi() : answers(call),
      );
      const { a, b } = await pairOn(google);
      const tools = [{ name: 'look', input_schema: { type: 'object' } }];
      const id = /"id":"(toolu_[^"]+)"/.exec((await ask(a, { tools })).body)?.[1];
      const messages = [
        ...hello.messages,
        { role: 'assistant', content: [{ type: 'tool_use', id, name: 'look', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'seen' }] },
      ];
      expect((await ask(b, { tools, messages })).body).toContain('message_stop');
      const { contents } = JSON.parse(google.requests.at(-1)?.body ?? '{}');
      expect(contents[1].parts[0].thoughtSignature).toBe(SIGNATURE);
    },
    TIMEOUT_MS,
  );

  test(
    'SIGHUP: all use the new settings, and one line says so',
    async () => {
      using google = serveUpstream(() => hi());
      const file = join(root, 'key');
      writeFileSync(file, 'old');
      const proxy = await start({
        BACKEND: 'gemini',
        GOOGLE_GEMINI_BASE_URL: google.url,
        GEMINI_API_KEY_FILE: file,
      });
      writeFileSync(file, 'new');
      process.kill(proxy.pid, 'SIGHUP');
      await says(proxy, 'settings read anew');
      const pair = await connectToEach(proxy.url, 2);
      for (const worker of pair)
        await until(async () => {
          await ask(worker);
          const last = google.requests.at(-1);
          return last !== undefined && keyOf(last) === 'new';
        });
      expect(proxy.log().filter(({ msg }) => msg === 'settings read anew')).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(process.platform !== 'linux')('the end of WORKERS=2', () => {
  function waitingGoogle() {
    const go = Promise.withResolvers<void>();
    const server = serveUpstream(() => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(sse(textChunk('begun, ')));
          await go.promise;
          controller.enqueue(sse(textChunk('ended', 'STOP')));
          controller.close();
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    return { ...server, go: go.resolve };
  }

  async function beginOn(pair: readonly WorkerConnection[]): Promise<void> {
    for (const worker of pair) worker.begin('/v1/messages', streamed);
    for (const worker of pair) while (!worker.seen().includes('begun')) await turns(1);
  }

  test.each([
    ['SIGTERM to the parent alone', (proxy: ProxyProcess) => process.kill(proxy.pid, 'SIGTERM')],
    ['Ctrl-C, which all get', (proxy: ProxyProcess) => proxy.signal('SIGINT')],
    ['SIGTERM, which all get', (proxy: ProxyProcess) => proxy.signal('SIGTERM')],
  ])(
    '%s: answers under way end whole in both, one line tells of both, and the exit code is 0',
    async (_how, signal) => {
      using google = waitingGoogle();
      const { proxy, a, b } = await pairOn(google);
      await beginOn([a, b]);
      signal(proxy);
      await says(proxy, 'closing: waits up to 30 s for 2 answers under way');
      google.go();
      for (const text of await Promise.all([a.closed, b.closed]))
        expect(text).toContain('event: message_stop');
      expect(await proxy.exited).toBe(0);
      expect(proxy.log().filter(({ msg }) => String(msg).includes('closing'))).toHaveLength(1);
      expect(proxy.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
      expect(await isFree(Number(new URL(proxy.url).port))).toBe(true);
    },
    TIMEOUT_MS,
  );

  test(
    'the parent is killed: its workers tell their clients to come back, and leave the port',
    async () => {
      using google = waitingGoogle();
      const { proxy, a, b } = await pairOn(google);
      await beginOn([a, b]);
      process.kill(proxy.pid, 'SIGKILL');
      for (const text of await Promise.all([a.closed, b.closed]))
        expect(text).toContain('"type":"overloaded_error"');
      while (!(await isFree(Number(new URL(proxy.url).port))));
    },
    TIMEOUT_MS,
  );

  test(
    'a second signal ends all at once',
    async () => {
      using google = waitingGoogle();
      const { proxy, a, b } = await pairOn(google);
      await beginOn([a]);
      process.kill(proxy.pid, 'SIGTERM');
      await says(proxy, 'closing: waits');
      let code: number | undefined;
      void proxy.exited.then((exit) => {
        code = exit;
      });
      // Signals that come very early may not be meant.
      while (code === undefined) {
        process.kill(proxy.pid, 'SIGTERM');
        await turns();
      }
      expect(code).toBe(1);
      await Promise.all([a.closed, b.closed]);
      while (!(await isFree(Number(new URL(proxy.url).port))));
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(process.platform !== 'linux')('the start of WORKERS=2', () => {
  const failure = (env: Env, args: readonly string[] = []) =>
    start(env, args).then(
      () => 'it serves',
      (error: Error) => error.message,
    );

  test(
    'a port that somebody has is refused in one line, also where the other proxy shares its port',
    async () => {
      const first = await start();
      const { port } = new URL(first.url);
      for (const count of ['1', '2']) {
        const said = await failure({ WORKERS: count }, ['--port', port]);
        expect(said.split('\n').slice(1)).toEqual([
          `PORT: 127.0.0.1:${port} is in use already; choose another with --port`,
          '',
        ]);
      }
      await connectToEach(first.url, 2);
    },
    TIMEOUT_MS,
  );

  test(
    'what keeps every worker from serving is said once',
    async () => {
      writeFileSync(join(root, 'a-file'), '');
      const said = await failure({ DATA_DIR: join(root, 'a-file', 'data') });
      expect(said.match(/DATA_DIR: .* cannot be used/g)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  test(
    'a bad value is refused by name',
    async () => {
      expect(await failure({ WORKERS: 'many' })).toContain(
        'WORKERS: expected a whole number from 1 to 64, or auto, got "many"',
      );
    },
    TIMEOUT_MS,
  );

  test(
    'a recording is made by one process, and that is said',
    async () => {
      const proxy = await start({ RECORD: join(root, 'recorded') });
      await says(proxy, 'WORKERS: one process serves, not 2: a recording is made by one process');
      expect(childrenOf(proxy.pid)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
