/** `bun run adopt` and `bun run bless`, run as commands in a copy of this repository. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textChunk } from '../../support/proxy.ts';
import { ask, event, pieces, recordingProxy, streamed } from '../../support/recording.ts';

const HERE = join(import.meta.dir, '../../..');
/** A few turns show as much as all, and are copied fast. */
const TURNS = ['signed-text', 'call-then-text'];

const root = mkdtempSync(join(tmpdir(), 'turn-commands-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function run(script: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, join(root, 'scripts', script), ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', HOME: root },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, text: out + err };
}

const page = () => readFileSync(join(root, 'docs/fixtures.md'), 'utf8');

beforeAll(async () => {
  for (const name of [
    'src',
    'scripts',
    'tests/support',
    'docs',
    'README.md',
    '.env.example',
    'package.json',
    'tsconfig.json',
    'fixtures/scenarios',
  ])
    cpSync(join(HERE, name), join(root, name), { recursive: true });
  for (const name of TURNS)
    cpSync(join(HERE, 'fixtures/turns', name), join(root, 'fixtures/turns', name), { recursive: true });
  symlinkSync(join(HERE, 'node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, 'fixtures/recordings'));
  await using proxy = await recordingProxy(join(root, 'fixtures/recordings/session'), [
    pieces(event(textChunk('Hello', 'STOP'))),
  ]);
  await ask(proxy, { request: streamed });
  // The list names all turns; here there are two.
  expect((await run('docs.ts')).code).toBe(0);
}, 60_000);

describe('adopt', () => {
  test('puts the new turn into the list of all', async () => {
    expect(page()).not.toContain('a-new-turn');
    const { code, text } = await run('adopt.ts', 'session/1', 'a-new-turn');
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(text).toContain('rewritten: docs/fixtures.md');
    expect(page()).toContain('a-new-turn');
    expect((await run('docs.ts')).text).not.toContain('rewritten');
  }, 60_000);
});

test('adopt takes the path of a recording, and says so where there is none', async () => {
  const path = join(root, 'fixtures/recordings/session/001-sdk/');
  const titled = await run('adopt.ts', path, 'by-path', '--title', 'Two\nlines | and a bar');
  expect(titled).toMatchObject({ code: 0 });
  expect(page()).toContain('| Two lines \\| and a bar |');
  const { code, text } = await run('adopt.ts', '/srv/nowhere/1', 'nobody');
  expect([code, text]).toEqual([
    1,
    '/srv/nowhere: there is no such recording; bun run recordings lists them\n',
  ]);
}, 60_000);

describe('adopt of a known bug', () => {
  const adopt = (name: string, ...options: string[]) => run('adopt.ts', 'session/1', name, ...options);

  test('takes lines that must be there and lines that must not, as the usage writes them', async () => {
    const wanted = ['- message_stop', '+ error'];
    const { code, text } = await adopt(
      'a-known-bug',
      ...['--expect-fail', 'it ends', '--want', '- message_stop', '--want', '+ error'],
    );
    expect({ code, text }).toMatchObject({ code: 0 });
    const meta = readFileSync(join(root, 'fixtures/turns/a-known-bug/meta.json'), 'utf8');
    expect(JSON.parse(meta).fails).toEqual({ why: 'it ends', wanted });
  }, 60_000);

  test.each([
    ['no reason', ['--expect-fail', ' '], 'the reason is empty'],
    ['a line without a sign', ['--expect-fail', 'x', '--want', 'error'], '--want "error": it begins with'],
    ['no line', ['--expect-fail', 'x', '--want'], '--want'],
  ])(
    'refuses %s',
    async (_what, options, why) => {
      const { code, text } = await adopt('a-refused-bug', ...options);
      expect({ code, text }).toEqual({ code: 2, text: expect.stringContaining(why) });
      expect(existsSync(join(root, 'fixtures/turns/a-refused-bug'))).toBe(false);
    },
    60_000,
  );
});

describe('bless', () => {
  test('of a turn that is not there changes nothing, and says so', async () => {
    const golden = join(root, 'fixtures/turns', TURNS[0] ?? '', 'expected.jsonl');
    const other = join(root, 'docs/errors.md');
    const edited = `${readFileSync(golden, 'utf8')}{"type":"edited"}\n`;
    writeFileSync(golden, edited);
    writeFileSync(other, 'stale');
    const { code, text } = await run('bless.ts', TURNS[0] ?? '', 'nobody');
    expect({ code, text }).toEqual({
      code: 1,
      text: 'fixtures/turns/nobody: there is no such turn; nothing was changed\n',
    });
    expect([readFileSync(golden, 'utf8'), readFileSync(other, 'utf8')]).toEqual([edited, 'stale']);
    expect(existsSync(join(root, 'fixtures/turns/nobody'))).toBe(false);
  }, 60_000);

  test('of all turns counts those that are known to fail', async () => {
    const { code, text } = await run('bless.ts');
    expect({ code, text }).toEqual({
      code: 0,
      text: expect.stringMatching(/^\d+ turns, 1 known to fail, \d+ changed/m),
    });
    expect(text).toContain('fixtures/turns/a-known-bug is known to fail, and stays as it is: it ends');
  }, 60_000);
});
