import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Processes, systemProcesses, watchLauncher, watchUsers } from '../../src/config/launcher.ts';
import { ManualClock } from '../support/manual-clock.ts';

const NPM = { npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js' };

type Known = Record<number, { parent: number; command: string }>;

/** Of a clone, and of the package: npm is process 40, and our parent is process 42. */
const CHAIN: Known = {
  42: { parent: 41, command: 'bun\0run\0start\0' },
  41: { parent: 40, command: 'sh\0-c\0bun run start\0' },
  40: { parent: 39, command: 'npm exec bun run start' },
  39: { parent: 1, command: 'bash\0' },
};

const processes = (alive: Set<number>, known: Known = CHAIN): Processes => ({
  find: (pid) => known[pid],
  isAlive: (pid) => alive.has(pid),
});

describe('what started us', () => {
  async function endsWith(
    gone: number,
    {
      env = NPM,
      ppid = 42,
      known = CHAIN,
    }: { env?: Record<string, string>; ppid?: number; known?: Known } = {},
  ): Promise<number> {
    const clock = new ManualClock();
    const alive = new Set([39, 40, 41, 42]);
    let told = 0;
    const watching = watchLauncher({ env, ppid }, () => told++, {
      clock,
      processes: processes(alive, known),
    });
    await clock.advance(10_000);
    expect(told).toBe(0);
    alive.delete(gone);
    await clock.advance(1_000);
    if (told > 0) await watching;
    return told;
  }

  test.each([
    ['npm itself', 40],
    ['the shell of npm', 41],
    ['our parent', 42],
  ])('%s is gone: told once', async (_name, gone) => {
    expect(await endsWith(gone)).toBe(1);
  });

  test('who started npm may go', async () => {
    expect(await endsWith(39)).toBe(0);
  });

  test.each([
    ['npm', 'npm exec x'],
    ['npm by its path', '/usr/bin/node\0/usr/lib/node_modules/npm/bin/npm-cli.js\0run\0start\0'],
    ['npx by its path', 'node /usr/local/bin/npx x'],
    ['npx on Windows', 'node C:\\npm\\bin\\npx-cli.js x'],
  ])('%s is known by its command: %s', async (_name, command) => {
    const known = { ...CHAIN, 40: { parent: 39, command } };
    expect([await endsWith(40, { known }), await endsWith(39, { known })]).toEqual([1, 0]);
  });

  test('without npm in the chain, the parent of our parent stands for it', async () => {
    const known = { ...CHAIN, 40: { parent: 39, command: 'node\0/opt/npmlike/x\0' } };
    expect([await endsWith(41, { known }), await endsWith(40, { known })]).toEqual([1, 0]);
  });

  test("the package's bin is gone: told, with npm or without", async () => {
    expect(await endsWith(42, { env: { GEMINI_CLAUDE_PROXY_BIN: '42' } })).toBe(1);
    expect(await endsWith(40, { env: { ...NPM, GEMINI_CLAUDE_PROXY_BIN: '42' } })).toBe(1);
  });

  test.each([
    ['no npm', {}, 42],
    ['Bun alone', { npm_execpath: '/usr/bin/bun' }, 42],
    ['a parent that nothing is known of', NPM, 7],
    ['the bin of whoever started our parent', { GEMINI_CLAUDE_PROXY_BIN: '41' }, 42],
    ['a parent that was gone before', { ...NPM, GEMINI_CLAUDE_PROXY_BIN: '1' }, 1],
  ])('%s: nothing is watched', async (_name, env, ppid) => {
    let told = 0;
    const options = { clock: new ManualClock(), processes: processes(new Set()) };
    await watchLauncher({ env, ppid }, () => told++, options);
    expect(told).toBe(0);
  });

  test('the parents and the end of a real process', async () => {
    const child = Bun.spawn(['sh', '-c', 'echo begun; sleep 60; exit'], { stdout: 'pipe' });
    await child.stdout.getReader().read();
    const found = systemProcesses.find(child.pid);
    expect(found?.parent).toBe(process.pid);
    expect(found?.command).toMatch(/^sh\W-c\W/);
    expect(systemProcesses.isAlive(child.pid)).toBe(true);
    child.kill();
    await child.exited;
    expect(systemProcesses.isAlive(child.pid)).toBe(false);
  });
});

describe('those we were started for', () => {
  test('all gone, by their own doing or dead: told once, and at the next look', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'users-'));
    const clock = new ManualClock();
    const alive = new Set([50, 51]);
    for (const name of ['50', '51', 'listening.json']) writeFileSync(join(folder, name), '');
    let told = 0;
    const watching = watchUsers(folder, () => told++, { clock, processes: processes(alive) });
    await clock.advance(1_000);
    alive.delete(50);
    await clock.advance(1_000);
    expect(told).toBe(0);
    rmSync(join(folder, '51'));
    await clock.advance(1_000);
    await watching;
    expect(told).toBe(1);
    rmSync(folder, { recursive: true });
  });

  test('a folder that is gone has nobody', async () => {
    let told = 0;
    await watchUsers('/no/such/folder', () => told++, {
      clock: new ManualClock(),
      processes: processes(new Set()),
    });
    expect(told).toBe(1);
  });
});
