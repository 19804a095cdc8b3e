/** The command, as Claude Code runs it. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { says, scriptedGoogle } from '../support/google/scripted-google.ts';
import { hello } from '../support/proxy.ts';

const MAIN = join(import.meta.dir, '../../src/main.ts');

async function run(input: string, env: Record<string, string>) {
  const child = Bun.spawn([process.execPath, MAIN, 'statusline'], {
    stdin: new TextEncoder().encode(input),
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', DATA_DIR: '/nonexistent', ...env },
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

test('asks the proxy that Claude Code uses about its session', async () => {
  const google = scriptedGoogle((asked) => says(asked));
  await using proxy = await google.start({ PROXY_API_KEY: 'between-us' });
  const headers = { 'x-api-key': 'between-us', 'x-claude-code-session-id': 'abc' };
  await google.finish(proxy.send('/v1/messages', hello, headers).then((response) => response.text()));
  const status = JSON.stringify({ session_id: 'abc', model: { display_name: 'Opus 5.5' } });
  const env = { ANTHROPIC_BASE_URL: `${proxy.url}/v1/`, ANTHROPIC_AUTH_TOKEN: 'between-us' };
  expect(await run(status, env)).toEqual({
    out: 'gemini-4-argon · 30 in (33 % cached), 4 out · $0.000081\n',
    err: '',
    code: 0,
  });
});

test.each([
  [
    'no proxy',
    '{"session_id":"abc","model":{"display_name":"Opus 5.5"}}',
    'Opus 5.5 · the proxy does not answer\n',
  ],
  ['no JSON', 'nonsense', 'the proxy does not answer\n'],
  ['nothing', '', 'the proxy does not answer\n'],
])('%s: one line, and no failure', async (_name, input, out) => {
  expect(await run(input, { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' })).toEqual({ out, err: '', code: 0 });
});

test('without the address of a proxy the line says what is missing', async () => {
  const { out } = await run('{"session_id":"abc"}', {});
  expect(out).toBe('ANTHROPIC_BASE_URL names no proxy\n');
});
