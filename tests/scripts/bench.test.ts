/** Checks that the bench runs, and that each of its rows gets complete answers. It never checks how fast. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { ROWS } from '../../scripts/bench/rows.ts';

const ROOT = join(import.meta.dir, '../..');
const hasAccounts = process.platform === 'linux';

test.skipIf(!hasAccounts)(
  'a smoke run of the bench measures every row',
  async () => {
    const child = Bun.spawn([process.execPath, 'scripts/bench.ts', '--smoke', '--json'], {
      cwd: ROOT,
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { rows, chunk, memory } = JSON.parse(out);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(ROWS.map(({ name }) => name));
    for (const figures of [...rows, chunk, memory])
      for (const value of Object.values(figures)) if (typeof value !== 'string') expect(value).toBeFinite();
  },
  120_000,
);

test('the coding turn and the conversations are as large as their titles say', () => {
  const size = (name: string) => (ROWS.find((row) => row.name === name)?.body(0) ?? '').length;
  expect(size('coding')).toBeWithin(80_000, 90_000);
  expect(size('cold')).toBeWithin(950_000, 1_100_000);
  expect(size('growing')).toBeWithin(950_000, 1_100_000);
});

test('the growing conversation begins with all that the request before it held', () => {
  const growing = ROWS.find(({ name }) => name === 'growing');
  const messages = (nth: number) => JSON.parse(growing?.body(nth) ?? '').messages;
  const [before, after] = [messages(0), messages(1)];
  expect(after).toHaveLength(before.length + 2);
  expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
});
