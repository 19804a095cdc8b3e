/** The start command as the README has it. (The test command is running right now.) */
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProxy } from '../support/programs/proxy-process.ts';

const ROOT = join(import.meta.dir, '../..');

test('`bun run start` without a key serves the mock, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  const proxy = await startProxy({ folder, command: [process.execPath, 'run', '--cwd', ROOT, 'start'] });
  try {
    const health = await fetch(`${proxy.url}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: 'healthy', backend: 'mock' });
    expect(proxy.output()).toMatch(/mock/i);
  } finally {
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
