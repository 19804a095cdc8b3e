import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Processes, systemProcesses, watchLauncher, watchUsers } from '../../src/config/launcher.ts';
import { ManualClock } from '../support/manual-clock.ts';

const NPM = { npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js' };

/** The launcher is process 40, the parent of process 41, which is our own parent. */
function processes(alive: Set<number>): Processes {
  return { parentOf: (pid) => (pid === 41 ? 40 : undefined), isAlive: (pid) => alive.has(pid) };
}

describe('what started us', () => {
  test('is gone: told once', async () => {
    const clock = new ManualClock();
    const alive = new Set([40]);
    let told = 0;
    const options = { clock, processes: processes(alive) };
    const watching = watchLauncher({ env: NPM, ppid: 41 }, () => told++, options);
    await clock.advance(10_000);
    expect(told).toBe(0);
    alive.clear();
    await clock.advance(1_000);
    await watching;
    expect(told).toBe(1);
  });

  test.each([
    ['no npm', {}, 41],
    ['Bun alone', { npm_execpath: '/usr/bin/bun' }, 41],
    ['a parent that nothing is known of', NPM, 7],
  ])('%s: nothing is watched', async (_name, env, ppid) => {
    let told = 0;
    const options = { clock: new ManualClock(), processes: processes(new Set()) };
    await watchLauncher({ env, ppid }, () => told++, options);
    expect(told).toBe(0);
  });

  test('the parents and the end of a real process', async () => {
    const child = Bun.spawn(['sleep', '60']);
    expect(systemProcesses.parentOf(child.pid)).toBe(process.pid);
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
