/** `bun run claude` with the real Claude Code: one command, with `-p` and in a terminal. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CLAUDE_CODE_VERSIONS,
  installClaudeCode,
  requireE2e,
  streamJson,
} from '../support/clients/claude-code.ts';
import { hasTmux, openTerminal, type Terminal } from '../support/clients/tmux.ts';
import { gone, isAlive, LaunchBench } from '../support/programs/launch.ts';

const ROOT = join(import.meta.dir, '../..');
const RUN_MS = 180_000;
const TASK = 'create hello.py that prints hello and run it';
/** Nothing of this beyond the machine. */
const OFFLINE = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' };

let bench: LaunchBench;
let terminal: Terminal | undefined;
beforeEach(() => {
  bench = new LaunchBench();
});
afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
  await bench.clear();
});

const useClient = (path: string) => {
  unlinkSync(join(bench.root, 'bin/claude'));
  symlinkSync(path, join(bench.root, 'bin/claude'));
};

for (const version of CLAUDE_CODE_VERSIONS) {
  const installed = await installClaudeCode(version);
  if (!installed.ok && requireE2e) throw new Error(installed.reason);
  if (!installed.ok) console.warn(`skipped: bun run claude with ${version} (${installed.reason})`);
  const path = installed.ok ? installed.path : '';

  describe.skipIf(!installed.ok)(`Claude Code ${version}`, () => {
    test(
      'does a task in one command, whatever other account its settings name',
      async () => {
        useClient(path);
        const other = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', CLAUDE_CODE_USE_BEDROCK: '1' };
        bench.write('home/.claude/settings.json', JSON.stringify({ env: other }));
        const args = ['--folder', bench.project, '--', '-p', TASK, '--allowedTools', 'Bash'];
        const launched = bench.launch([...args, '--output-format', 'stream-json', '--verbose'], {
          env: { ...OFFLINE, ANTHROPIC_API_KEY: 'sk-ant-other', HTTP_PROXY: 'http://127.0.0.1:1' },
        });
        const { exitCode, out, err } = await launched.ended;
        expect(err).toContain('The proxy has ended.');
        expect(exitCode).toBe(0);
        const [init] = streamJson(out).filter(({ subtype }) => subtype === 'init');
        expect(init).toMatchObject({ permissionMode: 'acceptEdits', apiKeySource: 'none' });
        expect(existsSync(join(bench.project, 'hello.py'))).toBe(true);
        expect(JSON.stringify(streamJson(out).at(-1))).toContain('ran `python3 hello.py`');
        expect(bench.proxies().some(isAlive)).toBe(false);
      },
      RUN_MS,
    );

    describe.skipIf(!hasTmux)('in a terminal', () => {
      /** One who has used Claude Code before, in this folder. */
      const settle = () => {
        const projects = { [bench.project]: { hasTrustDialogAccepted: true } };
        writeFileSync(
          join(bench.home, '.claude.json'),
          JSON.stringify({ hasCompletedOnboarding: true, projects }),
        );
      };
      const open = async () => {
        useClient(path);
        settle();
        const env = { ...bench.environment(OFFLINE), BUN_INSTALL_CACHE_DIR: join(bench.root, 'cache') };
        const command = [process.execPath, 'run', '--cwd', ROOT, 'claude', '--folder', bench.project];
        const opened = await openTerminal(command, env, bench.root);
        terminal = opened;
        return opened;
      };

      test(
        'edits run, a command asks, and the proxy ends with it',
        async () => {
          const { press, pressUntil, shows } = await open();
          const first = await shows(/accept edits on/);
          expect(first).not.toMatch(/Auto mode can't|Detected a custom API key|log in/i);
          await press(TASK);
          // Before it is shown, Enter would be a part of what was pasted.
          await shows(/❯\screate hello/);
          await pressUntil('Enter', /Do you want to proceed/);
          expect(readFileSync(join(bench.project, 'hello.py'), 'utf8')).toContain('hello');
          await pressUntil('Enter', /ran python3 hello\.py/);
          await press('/exit');
          await shows(/❯\s\/exit/);
          const last = await pressUntil('Enter', /ended with \d+/);
          expect(last).toContain('The proxy has ended.');
          expect(last).toContain('ended with 0');
        },
        RUN_MS,
      );

      test(
        'a window that is closed leaves nothing behind',
        async () => {
          const { shows, close } = await open();
          await shows(/accept edits on/);
          const [proxy = 0] = bench.proxies();
          expect(isAlive(proxy)).toBe(true);
          await close();
          terminal = undefined;
          await gone(proxy);
        },
        RUN_MS,
      );
    });
  });
}
