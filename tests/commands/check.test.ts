/** The command `check`, as it is called. */
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportOf } from '../../src/commands/check.ts';

const MAIN = join(import.meta.dir, '../../src/main.ts');

async function check(...args: string[]) {
  const run = Bun.spawn([process.execPath, MAIN, 'check', ...args], { stdout: 'pipe', stderr: 'pipe' });
  const [out, err] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  return { code: await run.exited, out, err };
}

test('a broken scenario: each finding in a line, and exit code 1', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'check-command-'));
  writeFileSync(
    join(folder, 'a.yaml'),
    'name: a\ndescription: d\nrules:\n  - { name: r, text: "{{usr}}" }\n',
  );
  try {
    const { code, out } = await check(folder);
    expect(out).toContain(`${folder}/a.yaml:4: rules.0.text: no slot is called {{usr}}; did you mean user?`);
    expect(out).toEndWith('\n1 file: 1 error, 0 warnings\n');
    expect(code).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a folder that is not there: exit code 2', async () => {
  const { code, out, err } = await check('/nowhere/at/all');
  expect([code, out, err]).toEqual([2, '', '/nowhere/at/all: there is no such file or folder\n']);
});

test('warnings say that they are none that stop', () => {
  const warning = { file: 'a.yaml', line: 3, field: 'rules.1', reason: 'x is never reached' };
  expect(reportOf({ files: ['a.yaml', 'b.yaml'], errors: [], warnings: [warning] })).toEqual([
    'a.yaml:3: rules.1: x is never reached (warning)',
    '2 files: 0 errors, 1 warning',
  ]);
});
