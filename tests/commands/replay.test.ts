/** The command `replay`, as it is called. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';

const MAIN = join(import.meta.dir, '../../src/main.ts');

test.each([
  ['--verify', ['--verify', '--speed', 'real'], '--speed'],
  ['--verify', ['--verify', '--carry-over', 'then'], '--carry-over'],
  ['--carry-over', ['--carry-over', '/nowhere/new', '--port', '0'], '--port'],
  ['--carry-over', ['--match=loose', '--carry-over=/nowhere/new'], '--match=loose'],
])('%s with another flag is refused, and nothing is sent: %p', async (flag, flags, other) => {
  const run = Bun.spawn([process.execPath, MAIN, 'replay', '/nowhere/old', ...flags], {
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  expect([await run.exited, out, err]).toEqual([
    1,
    '',
    `${flag} sends all as it was recorded, and takes no other flag; leave out ${other}\n`,
  ]);
});
