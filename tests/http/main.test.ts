/** The command itself, as a process. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dir, '../../src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'main-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spawn = (args: string[], env: Record<string, string> = {}) =>
  Bun.spawn([process.execPath, MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, DATA_DIR: join(folder, 'data'), ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });

async function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(args, env);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

describe('what ends at once', () => {
  test('--version', async () => {
    expect(await run(['--version'])).toEqual({
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: '',
      code: 0,
    });
  });

  test.each([
    ['an unknown flag', ['--nope'], {}, /--nope/],
    ['a bad value', ['--port', 'x'], {}, /^--port: /],
    ['a bad variable', [], { LOG_LEVEL: 'loud' }, /^LOG_LEVEL: /],
    ['an open bind', ['--host', '0.0.0.0'], {}, /^--host: /],
  ] as const)('%s: one line, exit 2', async (_name, args, env, line) => {
    const { out, err, code } = await run([...args], env);
    expect(out).toBe('');
    expect(err.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
    expect(code).toBe(2);
  });

  test('a data folder that cannot be: one line that names it, exit 1', async () => {
    const { err, code } = await run([], { DATA_DIR: MAIN });
    expect(err.trimEnd().split('\n')).toEqual([expect.stringMatching(/^DATA_DIR: .* cannot be used: /)]);
    expect(code).toBe(1);
  });

  test('a port that is taken: one line, exit 1', async () => {
    using taken = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('other') });
    const { err, code } = await run(['--port', String(taken.port)]);
    expect(err.trimEnd().split('\n')).toEqual([expect.stringMatching(`${taken.port} is in use already`)]);
    expect(code).toBe(1);
  });
});

describe('what serves', () => {
  test('says that it records, and where', async () => {
    const child = spawn(['--port', '0', '--record', join(folder, 'session')], { BACKEND: 'mock' });
    let err = '';
    for await (const bytes of child.stderr) {
      err += new TextDecoder().decode(bytes);
      if (err.includes('connect')) break;
    }
    child.kill();
    await child.exited;
    expect(err).toContain(`records  ${join(folder, 'session')}`);
  });

  test.each([
    ['one line where there is no way to upstream', { GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1' }, 1],
    ['none with the mock', { GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1', BACKEND: 'mock' }, 0],
  ])('warns: %s', async (_name, env, count) => {
    const child = spawn(['--port', '0'], { GEMINI_API_KEY: 'AIza-x', LOG_FORMAT: 'json', ...env });
    const decoder = new TextDecoder();
    let out = '';
    const warnings = () => out.split('\n').filter((line) => line.includes('cannot reach'));
    for await (const bytes of child.stdout) {
      out += decoder.decode(bytes);
      if (out.includes('"msg":"listening"') && warnings().length === count) break;
    }
    child.kill('SIGTERM');
    for (const line of warnings())
      expect(line).toContain(
        'cannot reach 127.0.0.1:1: ECONNREFUSED (nothing listens there); requests fail until',
      );
    expect(warnings()).toHaveLength(count);
  });

  const start = async (args: string[], env: Record<string, string> = {}) => {
    const child = spawn(['--port', '0', ...args], env);
    const decoder = new TextDecoder();
    let out = '';
    for await (const bytes of child.stdout) {
      out += decoder.decode(bytes);
      if (/acceptEdits\n|"msg":"listening"/.test(out)) break;
    }
    return { child, out };
  };

  test('tells version, backend, URL, models, and the line that connects Claude Code', async () => {
    const { child, out } = await start([], { LOG_FORMAT: 'pretty' });
    child.kill('SIGTERM');
    expect(out).toMatch(/^Gemini for Claude Code \d/);
    expect(out).toContain('MOCK');
    expect(out).toContain('haiku → gemini-4-hydrogen');
    const url =
      /ANTHROPIC_BASE_URL=(http:\/\/127\.0\.0\.1:\d+) ANTHROPIC_AUTH_TOKEN=dummy claude --permission-mode acceptEdits/.exec(
        out,
      )?.[1];
    expect(url).toBeDefined();
    expect(await child.exited).toBe(0);
  });

  test('in JSON, stdout holds nothing but log lines', async () => {
    const { child, out } = await start([], { LOG_FORMAT: 'json' });
    child.kill('SIGINT');
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({
      msg: 'listening',
      backend: 'mock',
      connect: expect.stringContaining('claude'),
    });
    expect(await child.exited).toBe(0);
  });

  test('one signal that comes twice (to the group, and handed on) is one', async () => {
    const { child } = await start([]);
    child.kill('SIGTERM');
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
  });
});
