/**
 * What the start command and the listening socket must ensure: enough connections to upstream, and one process for a
 * port.
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scripts } from '../../package.json';
import { openRaw } from '../support/clients/raw-client.ts';
import { serveUpstream } from '../support/google/upstream.ts';
import { type ProxyProcess, startProxy as startProcess } from '../support/programs/proxy-process.ts';
import { hello, startProxy, textChunk } from '../support/proxy.ts';

const ROOT = join(import.meta.dir, '../..');
/** Bun's own limit is 256 requests at once; further ones would wait in silence. */
const AT_ONCE = 300;
const TIMEOUT_MS = 30_000;

const folder = mkdtempSync(join(tmpdir(), 'start-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const body = JSON.stringify({ ...hello, stream: true });
const REQUEST = `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nanthropic-version: 2023-06-01\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** Answers nobody before `count` requests have come. */
function gatheringUpstream(count: number) {
  const gathered = Promise.withResolvers<void>();
  let waiting = 0;
  const server = serveUpstream(async () => {
    if (++waiting === count) gathered.resolve();
    await gathered.promise;
    return Response.json(textChunk('all are here', 'STOP'));
  });
  return { url: server.url, [Symbol.dispose]: () => server[Symbol.dispose]() };
}

async function gone(proxy: ProxyProcess): Promise<void> {
  for (;;) {
    const wrote = await proxy.wrote().then(
      () => true,
      () => false,
    );
    if (!wrote) return;
  }
}

describe('`bun run start`', () => {
  test(
    `${AT_ONCE} answers are asked for at once`,
    async () => {
      using upstream = gatheringUpstream(AT_ONCE);
      const proxy = await startProcess({
        folder,
        command: [process.execPath, 'run', '--cwd', ROOT, 'start'],
        // Only requests at the same time count; an attempt that is given up would count twice.
        env: {
          BACKEND: 'gemini',
          GEMINI_API_KEY: 'key-of-a-test',
          GOOGLE_GEMINI_BASE_URL: upstream.url,
          MAX_STREAMING_RETRIES: '0',
        },
      });
      // Raw sockets, because `fetch` in this process has the same limit.
      const port = Number(new URL(proxy.url).port);
      const clients = await Promise.all(Array.from({ length: AT_ONCE }, () => openRaw(port)));
      for (const client of clients) client.write(REQUEST);
      const answers = await Promise.all(clients.map((client) => client.answers(1)));
      for (const client of clients) client.socket.destroy();
      await proxy.stop();
      const whole = answers.filter(([answer]) => answer?.body.includes('message_stop'));
      expect(whole).toHaveLength(AT_ONCE);
    },
    TIMEOUT_MS,
  );

  test(
    'ends with the npx that started it, which hands no signal on',
    async () => {
      const proxy = await startProcess({
        folder,
        // This shell plays npm and npm's own shell: it ends, and `bun run` stays.
        command: ['sh', '-c', `"$0" run --cwd "${ROOT}" start "$@" & wait`, process.execPath],
        env: { npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js' },
      });
      try {
        process.kill(proxy.pid, 'SIGTERM');
        while (!proxy.output().includes('the end of npx')) await proxy.wrote();
        // Every process that wrote has ended.
        await expect(gone(proxy)).resolves.toBeUndefined();
      } finally {
        await proxy.crash();
      }
    },
    TIMEOUT_MS,
  );

  test('so does every command that serves', () => {
    const serving = Object.values(scripts).filter((command) =>
      /src\/main\.ts(?: (?:mock|record|replay))?$/.test(command),
    );
    expect(serving.length).toBeGreaterThan(3);
    const limits = serving.map((command) =>
      Number(/BUN_CONFIG_MAX_HTTP_REQUESTS=(\d+) bun/.exec(command)?.[1]),
    );
    // STREAMS_MAX, with room for counts and second attempts.
    for (const limit of limits) expect(limit).toBeGreaterThan(2048);
  });
});

test('a second proxy on the same port is refused, and the first goes on', async () => {
  await using first = await startProxy();
  await expect(startProxy({ env: { PORT: String(first.port) } })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  for (let i = 0; i < 10; i++) expect((await first.send('/livez')).status).toBe(200);
});
