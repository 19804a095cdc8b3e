/** How a program in any language starts this one, learns the address, and is sure of its end. */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, question } from '../support/testing.ts';

const MAIN = join(import.meta.dir, '../../src/main.ts');
const LONG_MS = 60_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'for-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = (...args: string[]) => startWith({}, ...args);

function startWith(env: Record<string, string>, ...args: string[]) {
  const child = Bun.spawn([process.execPath, MAIN, ...args, '--port', '0', '--json', '--end-with-input'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const err = new Response(child.stderr).text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const read = async (): Promise<string> => (await reader.read()).value ?? '';
  return { child, read, err };
}

test.each([
  ['mock', []],
  ['proxy', ['--backend', 'mock']],
  ['mock', ['--workers', '2']],
] as const)(
  '%s %j: the first line tells the address, nothing else is on stdout, and it ends with its input',
  async (command, args) => {
    const { child, read, err } = start(command, ...args);
    const { url, ...others } = JSON.parse(await read());
    expect(others).toEqual({ pid: child.pid, backend: 'mock' });
    expect((await ask(url, 'hello')).status).toBe(200);
    child.stdin.end();
    expect(await child.exited).toBe(0);
    expect(await read()).toBe('');
    expect(await err).toContain(url);
    expect(fetch(url)).rejects.toThrow();
  },
  LONG_MS,
);

test(
  'a recording may be named by a path: it is made there, and played from there',
  async () => {
    for (const args of [
      ['record', './kept', '--backend', 'mock'],
      ['replay', './kept'],
    ]) {
      const { child, read } = start(...args);
      const { url } = JSON.parse(await read());
      expect((await ask(url, 'hello')).status).toBe(200);
      child.stdin.end();
      expect(await child.exited).toBe(0);
    }
  },
  LONG_MS,
);

test.each([1, 2])(
  '--isolated: settings of the user count for nothing, and nothing is left behind (%i processes)',
  async (workers) => {
    const [home, tmp] = [join(folder, 'home'), join(folder, 'tmp')];
    for (const each of [home, tmp]) mkdirSync(each);
    const settings = { PROXY_API_KEY: 'secret', FAULTS: 'http-503', LOG_LEVEL: 'wrong', BIG_MODEL: 'x' };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(folder, '.env'), lines.join('\n'));
    const env = { ...settings, HOME: home, TMPDIR: tmp };
    const { child, read, err } = startWith(env, 'mock', '--isolated', '--workers', String(workers));
    const { url } = JSON.parse(await read());
    expect((await ask(url, 'hello')).status).toBe(200);
    const kept = () => [tmp, home].flatMap((each) => readdirSync(each, { recursive: true }).map(String));
    expect(kept().filter((file) => file.endsWith('usage.sqlite'))).toHaveLength(1);
    child.stdin.end();
    expect(await child.exited).toBe(0);
    expect(kept().filter((file) => file.includes('gemini-claude-proxy'))).toEqual([]);
    expect(await err).not.toMatch(/BIG_MODEL|FAULTS/);
  },
  LONG_MS,
);

test.each([1, 2])(
  'the end of its input breaks off an answer that does not come to its end (%i processes)',
  async (workers) => {
    const { child, read, err } = start(
      'mock',
      '--isolated',
      '--mock-pace',
      'human',
      '--workers',
      String(workers),
    );
    const { url } = JSON.parse(await read());
    const answer = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ ...question('Tell me a long story'), max_tokens: 60_000, stream: true }),
    });
    child.stdin.end();
    expect(await answer.text()).toContain('The proxy is shutting down');
    expect(await child.exited).toBe(0);
    expect(await err).toContain('breaks off one answer');
  },
  LONG_MS,
);
