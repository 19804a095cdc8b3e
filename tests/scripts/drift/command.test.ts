/** `bun run drift` as a command: its arguments, and its exit codes. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dir, '../../../scripts/drift.ts');

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = Bun.spawn([process.execPath, '--no-env-file', SCRIPT, ...args], {
    stdout: 'pipe',
    stderr: 'pipe',
    env,
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exit: await child.exited, out, err };
}

test.each<[args: string[], said: RegExp]>([
  [['--only', 'nothing'], /--only: there is no nothing; there are sdk, turns/],
  [['--only', 'live', '--budget', 'much'], /--budget: expected a number above 0, got "much"/],
  [['--only', 'live', '--keep', '../out'], /--keep: expected a name for a recording/],
  [['--colour'], /usage: bun run drift/],
])('%p is refused, with exit 2: nothing was looked at', async (args, said) => {
  const { exit, err } = await run(args);
  expect({ exit, err }).toEqual({ exit: 2, err: expect.stringMatching(said) });
});

test('a Google that is not there is told, with exit 2 and not 1', async () => {
  const env = { GEMINI_API_KEY: 'AIza-canary-key-0123456789', GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1' };
  const { exit, out } = await run(['--only', 'live', '--yes', '--no-keep'], env);
  expect(exit).toBe(2);
  expect(out).toContain('could not look at the live API: cannot reach 127.0.0.1:1');
});
