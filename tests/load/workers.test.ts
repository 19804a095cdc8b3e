/** Several processes on one port, as users start them: what they share. */
import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  connectToEach,
  type WorkerConnection,
  type WorkersHealth,
} from '../support/clients/worker-connection.ts';
import { sse } from '../support/google/load-upstream.ts';
import { type Seen, serveUpstream } from '../support/google/upstream.ts';
import { ask, pidOf, says, until, WorkersBench } from '../support/programs/workers-bench.ts';
import { hello, textChunk } from '../support/proxy.ts';

const TIMEOUT_MS = 60_000;
const SIGNATURE = 'c2lnbmVkLWJ5LW9uZQ==';

const bench = new WorkersBench();
afterEach(() => bench.endAll(), TIMEOUT_MS);
afterAll(() => bench.clear());

const answers = (...chunks: object[]) =>
  new Response(Buffer.concat(chunks.map(sse)), { headers: { 'content-type': 'text/event-stream' } });
const hi = () => answers(textChunk('Hello', 'STOP'));
const keyOf = ({ headers }: Seen) => headers.get('x-goog-api-key');

const requestsOf = ({ workers }: WorkersHealth, { worker }: WorkerConnection): number =>
  workers.find((row) => row.worker === worker)?.requests ?? 0;

describe.skipIf(process.platform !== 'linux')('WORKERS=2', () => {
  test(
    'both serve on the port that was free, one banner tells it, and /health tells the sums',
    async () => {
      const proxy = await bench.start();
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
        return open === 0 && workers.every((one) => one.requests === 1);
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
      const { proxy, a, b } = await bench.pairOn(google, { KEY_RPM: '3', STREAMS_MAX: '1' });
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
    `KEY_RPM holds exactly where all are asked in the same moment`,
    async () => {
      using google = serveUpstream(() => hi());
      const { proxy } = await bench.pairOn(google, { KEY_RPM: '5' });
      const post = async () => {
        const headers = { 'anthropic-version': '2023-06-01', connection: 'close' };
        const init = { method: 'POST', headers, body: JSON.stringify(hello) };
        return (await fetch(`${proxy.url}/v1/messages`, init)).status;
      };
      const statuses = await Promise.all(Array.from({ length: 30 }, post));
      const count = (status: number) => statuses.filter((one) => one === status).length;
      expect([count(200), count(429), google.requests.length]).toEqual([5, 25, 5]);
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
      const { proxy, a, b } = await bench.pairOn(google, { API_KEYS: 'key-one,key-two' });
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
      const { a, b } = await bench.pairOn(google);
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
      const file = join(bench.root, 'key');
      writeFileSync(file, 'old');
      const proxy = await bench.start({
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

  test(
    'a worker that starts later has the settings of its parent, but for those that were read anew',
    async () => {
      const env = (key: string, model: string) =>
        writeFileSync(join(bench.root, '.env'), `PROXY_API_KEY=${key}\nBIG_MODEL=${model}\n`);
      env('first-key', 'gemini-4-argon');
      const proxy = await bench.startIn(bench.root);
      env('second-key', 'gemini-4-neon');
      process.kill(proxy.pid, 'SIGHUP');
      await says(proxy, 'PROXY_API_KEY: changed; that needs a restart');
      process.kill(await pidOf(proxy, 2, 1), 'SIGKILL');
      await pidOf(proxy, 2, 2);
      for (const worker of await connectToEach(proxy.url, 2)) {
        await until(async () => (await worker.health()).models.big === 'gemini-4-neon');
        const statusWith = async (key: string) =>
          (await worker.ask('GET', '/v1/models', undefined, { 'x-api-key': key })).status;
        expect([await statusWith('first-key'), await statusWith('second-key')]).toEqual([200, 401]);
      }
    },
    TIMEOUT_MS,
  );
});
