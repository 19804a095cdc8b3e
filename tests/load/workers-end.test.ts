/** Several processes on one port, as users start them: how they start and end. */
import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectToEach, type WorkerConnection } from '../support/clients/worker-connection.ts';
import { turns } from '../support/google/held-upstream.ts';
import { sse } from '../support/google/load-upstream.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import type { ProxyProcess } from '../support/programs/proxy-process.ts';
import { freePort } from '../support/programs/redis-server.ts';
import { type Env, isFree, says, streamed, WorkersBench } from '../support/programs/workers-bench.ts';
import { textChunk } from '../support/proxy.ts';

const TIMEOUT_MS = 60_000;

const bench = new WorkersBench();
afterEach(() => bench.endAll(), TIMEOUT_MS);
afterAll(() => bench.clear());

/** The processes whose parent is `pid`. */
const childrenOf = (pid: number): number[] =>
  Bun.spawnSync(['ps', '-o', 'pid=', '--ppid', String(pid)])
    .stdout.toString()
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);

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
      const { proxy, a, b } = await bench.pairOn(google);
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
      const { proxy, a, b } = await bench.pairOn(google);
      await beginOn([a, b]);
      process.kill(proxy.pid, 'SIGKILL');
      for (const text of await Promise.all([a.closed, b.closed]))
        expect(text).toContain('"type":"overloaded_error"');
      while (!(await isFree(Number(new URL(proxy.url).port))));
    },
    TIMEOUT_MS,
  );

  test(
    'a signal while it starts: it ends in order',
    async () => {
      const child = Bun.spawn([process.execPath, join(import.meta.dir, '../../src/main.ts'), '--port', '0'], {
        cwd: bench.root,
        env: { PATH: process.env['PATH'] ?? '', HOME: bench.root, BACKEND: 'mock', WORKERS: '2' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      while (childrenOf(child.pid).length === 0) await turns();
      child.kill('SIGTERM');
      const [code, out, err] = await Promise.all([
        child.exited,
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).not.toContain('listening');
    },
    TIMEOUT_MS,
  );

  test(
    'a second signal ends all at once',
    async () => {
      using google = waitingGoogle();
      const { proxy, a, b } = await bench.pairOn(google);
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
    bench.start(env, args).then(
      () => 'it serves',
      (error: Error) => error.message,
    );

  test(
    'a port that somebody has is refused in one line, also where the other proxy shares its port',
    async () => {
      const first = await bench.start();
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
    'of two that start at the same moment on one port, one serves',
    async () => {
      const port = freePort();
      const said = await Promise.all([1, 2].map(() => failure({}, ['--port', String(port)])));
      const refused = `PORT: 127.0.0.1:${port} is in use already; choose another with --port`;
      expect(said.filter((one) => one === 'it serves')).toHaveLength(1);
      expect(said.filter((one) => one.includes(refused))).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  test(
    'what keeps every worker from serving is said once',
    async () => {
      writeFileSync(join(bench.root, 'a-file'), '');
      const said = await failure({ DATA_DIR: join(bench.root, 'a-file', 'data') });
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
      const proxy = await bench.start({ RECORD: join(bench.root, 'recorded') });
      await says(proxy, 'WORKERS: one process serves, not 2: a recording is made by one process');
      expect(childrenOf(proxy.pid)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
