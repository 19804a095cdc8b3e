/** The inspector of a proxy of several processes: a person need not know which of them has served a request. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Detail, SearchMessage } from '../../src/inspector/shapes.ts';
import { Looker } from '../support/clients/looker.ts';
import { connectToEach, type WorkerConnection } from '../support/clients/worker-connection.ts';
import { startProxy } from '../support/programs/proxy-process.ts';

const asks = (content: string) => ({
  model: 'claude-opus-5-5',
  max_tokens: 64,
  messages: [{ role: 'user', content }],
});

describe.skipIf(process.platform !== 'linux')('the inspector of two processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'inspector-workers-'));
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let workers: WorkerConnection[];
  beforeAll(async () => {
    proxy = await startProxy({ folder: join(folder, 'data'), args: ['--workers', '2', '--backend', 'mock'] });
    workers = await connectToEach(proxy.url, 2);
    for (const worker of workers) {
      const { status } = await worker.ask('POST', '/v1/messages', asks(`from ${worker.worker}`));
      expect(status).toBe(200);
    }
  }, 60_000);
  afterAll(async () => {
    for (const worker of workers) worker.leave();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('its list has the requests of both, and either tells of each', async () => {
    const looker = await (await Looker.at(proxy)).until(({ list }) => list.length === 2);
    looker.leave();
    expect(looker.list.map(({ says }) => says).sort()).toEqual(['from 1', 'from 2']);
    for (const worker of workers) {
      for (const { id, says } of looker.list) {
        const { status, body } = await worker.ask('GET', `/ui/api/requests/${id}`);
        const detail: Detail = JSON.parse(body);
        expect([status, detail.row.says]).toEqual([200, says]);
      }
      const { status } = await worker.ask('GET', '/ui/api/requests/req_nobody');
      expect(status).toBe(404);
    }
  }, 60_000);

  test('a search looks through both', async () => {
    for (const worker of workers) {
      const { body } = await worker.ask('GET', '/ui/api/search?q=from');
      const messages: SearchMessage[] = body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const last = messages.at(-1);
      expect([last?.total, messages.flatMap(({ found }) => found).length]).toEqual([2, 2]);
    }
  }, 60_000);
});
