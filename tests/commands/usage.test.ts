/** The command, as people run it. */
import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/ports.ts';
import { UsageStore } from '../../src/usage/store.ts';

const MAIN = join(import.meta.dir, '../../src/main.ts');
const root = mkdtempSync(join(tmpdir(), 'usage-command-'));
afterAll(() => rmSync(root, { recursive: true }));

const folder = (name: string): string => {
  const made = join(root, name);
  mkdirSync(made);
  return made;
};

function run(dataDir: string, ...args: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [process.execPath, MAIN, 'usage', '--data-dir', dataDir, ...args],
    { env: { PATH: process.env['PATH'] ?? '', HOME: root } },
  );
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

test('tells what a proxy that goes on serving has written', () => {
  const dataDir = folder('served');
  const file = join(dataDir, 'usage.sqlite');
  const { after } = systemClock;
  const store = new UsageStore({ file, upstream: 'gemini', clock: systemClock, after, onWarning() {} });
  const place = { model: 'gemini-4-argon', asked: 'claude-opus-5-5', key: 'k', client: '', caller: 'main' };
  store.add(place, undefined, { requests: 2, calls: 2, in: 3_000, out: 100, dollars: 1.25 });
  store.flush();
  const { code, out, err } = run(dataDir, '--by', 'model', '--json');
  store.close();
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({
    paid: true,
    rows: [{ model: 'gemini-4-argon', requests: 2, tokens_in: 3_000, dollars: 1.25 }],
  });
});

test('sessions add up to the total: what has none is a row of its own', () => {
  const dataDir = folder('sessions');
  const file = join(dataDir, 'usage.sqlite');
  const { after } = systemClock;
  const store = new UsageStore({ file, upstream: 'gemini', clock: systemClock, after, onWarning() {} });
  const place = { model: 'gemini-4-argon', asked: 'claude-opus-5-5', key: 'k', client: '', caller: 'main' };
  for (const session of ['one', 'two', undefined])
    for (const dollars of [0.1, 0.2]) store.add(place, session, { requests: 1, calls: 1, dollars });
  store.close();
  const { rows, total } = JSON.parse(run(dataDir, '--by', 'session', '--json').out);
  expect(rows.map((row: { session: string; requests: number }) => [row.session, row.requests])).toEqual([
    ['one', 2],
    ['two', 2],
    ['', 2],
  ]);
  expect(total.requests).toBe(6);
  expect(run(dataDir, '--by', 'session').out).toContain('(none)');
});

test('of a folder without figures says so', () => {
  const { code, out } = run(join(root, 'nowhere'));
  expect([code, out]).toEqual([0, expect.stringContaining('Nothing was counted yet')]);
});

test('of a file that it cannot read says why, and leaves the file to the proxy', () => {
  const dataDir = folder('broken');
  const broken = 'no database, but long enough to be taken for one '.repeat(100);
  writeFileSync(join(dataDir, 'usage.sqlite'), broken);
  const { code, out, err } = run(dataDir);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('cannot be read: file is not a database');
  expect(readdirSync(dataDir)).toEqual(['usage.sqlite']);
  expect(readFileSync(join(dataDir, 'usage.sqlite'), 'utf8')).toBe(broken);
});

test('of a folder whose place is taken by a file says that it cannot be read', () => {
  const dataDir = join(root, 'a-file');
  writeFileSync(dataDir, '');
  const { code, err } = run(dataDir);
  expect([code, err]).toEqual([1, expect.stringMatching(/usage\.sqlite cannot be read: ENOTDIR/)]);
});
