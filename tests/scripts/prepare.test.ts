/** What a start that fails says: a small project for each way to fail. */
import { afterAll, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scripts } from '../../package.json';

const PREPARE = join(import.meta.dir, '../../scripts/prepare.ts');
const root = mkdtempSync(join(tmpdir(), 'prepare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Project = { engines?: string; dependencies?: Record<string, string>; lock?: string };

const LOCK = (packages: string, version = 1) =>
  `{"lockfileVersion": ${version}, "workspaces": {"": {"name": "x", "dependencies": {"left-pad": "1.3.0"}}}, "packages": {${packages}}}`;
const LEFT_PAD = `"left-pad": ["left-pad@1.3.0", "", {}, "sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA=="]`;

const OTHER_LOCK = '{"lockfileVersion": 1, "workspaces": {"": {"name": "x"}}, "packages": {}}';

let projects = 0;
function prepare({ engines = '>=1.0.0', dependencies = {}, lock }: Project, file = PREPARE) {
  const folder = join(root, `${++projects}`);
  mkdirSync(join(folder, 'scripts'), { recursive: true });
  copyFileSync(file, join(folder, 'scripts/prepare.ts'));
  const devDependencies = { 'bun-types': '1.4.5' };
  const json = {
    name: 'x',
    engines: { bun: engines },
    dependencies,
    devDependencies: lock ? {} : devDependencies,
  };
  // The project asks for some packages only; `bun-types` is there for the advice in the message.
  writeFileSync(join(folder, 'package.json'), JSON.stringify(json));
  if (lock !== undefined) writeFileSync(join(folder, 'bun.lock'), lock);
  const { exitCode, stderr, stdout } = Bun.spawnSync([process.execPath, 'scripts/prepare.ts'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      BUN_CONFIG_REGISTRY: 'http://127.0.0.1:9',
      BUN_INSTALL_CACHE_DIR: join(folder, 'cache'),
    },
  });
  return { exitCode, said: `${stderr}${stdout}` };
}

describe('a start that fails', () => {
  test('for an old Bun: one line, before anything else', () => {
    const { exitCode, said } = prepare({ engines: '>=99.1.0' });
    expect(exitCode).toBe(1);
    expect(said.trim().split('\n')).toHaveLength(1);
    expect(said).toContain(`Bun 99.1.0 or newer is needed, and this is ${Bun.version}`);
    expect(said).toContain('bun upgrade');
  });

  test.each([
    ['the registry away', LOCK(LEFT_PAD), /the package registry cannot be reached/],
    ['a lockfile of a newer Bun', LOCK(LEFT_PAD, 99), /bun\.lock was written by a newer Bun than this one/],
    ['a lockfile of another package.json', OTHER_LOCK, /do not belong together/],
    ['a lockfile that is cut off', LOCK(LEFT_PAD).slice(0, 60), /bun\.lock cannot be read/],
  ])('%s', (_name, lock, why) => {
    const { exitCode, said } = prepare({ dependencies: { 'left-pad': '1.3.0' }, lock });
    expect(exitCode).toBe(1);
    expect(said).toMatch(why);
    expect(said).toMatch(/error/);
  });

  test('every command that needs packages begins with it', () => {
    const direct = ['format', 'lint', 'types'];
    for (const [name, command] of Object.entries(scripts)) {
      if (!direct.includes(name)) expect(command).toStartWith('bun scripts/prepare.ts');
    }
  });
});

test('one that is ready says nothing', () => {
  const { exitCode, stderr, stdout } = Bun.spawnSync([process.execPath, PREPARE]);
  expect([exitCode, `${stderr}${stdout}`]).toEqual([0, '']);
});
