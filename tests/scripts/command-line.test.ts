/** The command lines of scripts: each says what it takes, and a slip is one line. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';

const SCRIPTS = join(import.meta.dir, '../../scripts');

async function run(script: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, join(SCRIPTS, `${script}.ts`), ...args], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

const SCRIPTS_OF_USERS = [
  'adopt',
  'bless',
  'drift',
  'gemini',
  'build',
  'bench',
  'compat',
  'soak',
  'compare-faults',
];

test.each(SCRIPTS_OF_USERS)('%s --help tells what it takes', async (script) => {
  const { code, out, err } = await run(script, '--help');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(new RegExp(`bun (?:run|scripts/)[ ]?${script}`));
});

test.each(['adopt', 'drift', 'compat', 'gemini'])(
  '%s refuses a flag that it does not have, in words',
  async (script) => {
    const { code, out, err } = await run(script, '--colour');
    expect(code).toBeGreaterThan(0);
    expect(out).toBe('');
    expect(err.split('\n')[0]).toStartWith('--colour: there is no such flag');
    expect(err).not.toMatch(/\n +at /);
  },
);

test.each([
  ['gemini', '--port=eighty', '--port: expected a whole number from 0 to 65535, got "eighty"\n'],
  ['gemini', '--pace=fast', '--pace: expected instant or human, got "fast"\n'],
  ['soak', '--minutes=0', '--minutes: expected a number above 0, got 0\n'],
  ['compare-faults', '--sample=2', '--out FILE or --against FILE says what to do; --help tells more\n'],
  ['set-version', 'next', 'which version? As in: bun scripts/set-version.ts 0.3.0\n'],
])('%s %s is answered with what is wrong', async (script, arg, says) => {
  expect(await run(script, arg)).toEqual({ code: 2, out: '', err: says });
});
