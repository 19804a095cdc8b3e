/**
 * Claude Code's auto mode, its default in a terminal: each turn asks us for a verdict on dangerous tools. Without a
 * verdict edits must still run, and only actions that nobody can approve here may be refused
 * (docs/discoveries/0002-auto-mode.md).
 */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AUTO_MODE_VERSIONS,
  installClaudeCode,
  requireE2e,
  runClaude,
} from '../support/clients/claude-code.ts';
import { hasTmux, openTerminal, type Terminal } from '../support/clients/tmux.ts';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';
import { startTap } from '../support/tap.ts';

const RUN_MS = 60_000;
/** Nothing of this beyond the machine. */
const OFFLINE = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' };
const NOTICE = /Auto mode can't check actions/;

const root = mkdtempSync(join(tmpdir(), 'auto-mode-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An empty project, and the home of one who has used Claude Code before, in this project. */
function folders() {
  const folder = mkdtempSync(join(root, 'run-'));
  const [cwd, home] = [join(folder, 'project'), join(folder, 'home')];
  for (const path of [cwd, home]) mkdirSync(path);
  const projects = { [cwd]: { hasTrustDialogAccepted: true } };
  writeFileSync(join(home, '.claude.json'), JSON.stringify({ hasCompletedOnboarding: true, projects }));
  return { cwd, home, proxy: join(folder, 'proxy') };
}

for (const version of AUTO_MODE_VERSIONS) {
  const installed = await installClaudeCode(version);
  if (!installed.ok && requireE2e) throw new Error(installed.reason);
  if (!installed.ok) console.warn(`skipped: auto mode of ${version} (${installed.reason})`);
  const path = installed.ok ? installed.path : '';

  describe.skipIf(!installed.ok)(`auto mode of ${version}`, () => {
    test(
      'edits run although the proxy gives no verdict',
      async () => {
        const { cwd, home, proxy: folder } = folders();
        const proxy = await startProxy({ folder, args: ['--backend', 'mock'] });
        const tap = startTap(proxy.url);
        const args = ['--permission-mode', 'auto'];
        const run = { path, baseUrl: tap.url, cwd, home, prompt: 'take the tour', args, timeoutMs: RUN_MS };
        const result = await runClaude(run).finally(() => Promise.all([proxy.crash(), tap.stop()]));
        expect(tap.exchanges.some(({ body }) => body?.safeguards?.length > 0)).toBe(true);
        expect(existsSync(join(cwd, 'hello.sh'))).toBe(true);
        expect(result.stdout).not.toContain('hard failure');
      },
      2 * RUN_MS,
    );

    describe.skipIf(!hasTmux)('with AUTO_MODE_CLASSIFIER, in a terminal', () => {
      let proxy: ProxyProcess | undefined;
      let terminal: Terminal | undefined;
      let at: ReturnType<typeof folders>;
      beforeEach(() => {
        at = folders();
      });
      afterEach(async () => {
        await terminal?.close();
        await proxy?.crash();
        [terminal, proxy] = [undefined, undefined];
      });

      /** Types `prompt` into a new session. The mock answers it, and judges what it does. */
      async function ask(prompt: string, until: RegExp, env: Record<string, string> = {}): Promise<Terminal> {
        proxy = await startProxy({
          folder: at.proxy,
          args: ['--backend', 'mock'],
          env: { AUTO_MODE_CLASSIFIER: 'true', ...env },
        });
        const opened = await openTerminal(
          [path],
          {
            ...OFFLINE,
            PATH: process.env['PATH'] ?? '',
            HOME: at.home,
            ANTHROPIC_BASE_URL: proxy.url,
            ANTHROPIC_AUTH_TOKEN: 'unused',
          },
          at.cwd,
        );
        terminal = opened;
        await opened.shows(/auto mode on/);
        await opened.press(prompt);
        // Before it is shown, Enter would be a part of what was pasted.
        await opened.shows(new RegExp(`❯\\s${prompt.slice(0, 8)}`));
        await opened.pressUntil('Enter', until);
        return opened;
      }

      test(
        'safe edits and commands run, and nobody is asked',
        async () => {
          const { screen } = await ask('take the tour', /The tour is over/);
          const last = await screen();
          expect(last).toContain('ran it: done; it said: Hello from the tour: 42');
          expect(last).toContain('asked a subagent to check the script: done');
          expect(last).not.toMatch(NOTICE);
          const checked = proxy?.log().filter(({ checked: calls }) => calls !== undefined) ?? [];
          expect(checked.length).toBeGreaterThan(1);
          expect(checked[0]).toMatchObject({ check_requests: 1, check_tokens_out: expect.any(Number) });
        },
        2 * RUN_MS,
      );

      test(
        'a dangerous command does not run, and the user sees why',
        async () => {
          mkdirSync(join(at.home, 'work'));
          const { shows } = await ask('run `rm -rf ~/work`', /Blocked by auto mode|dangerous/);
          await shows(/The offline mock takes this for dangerous/);
          expect(existsSync(join(at.home, 'work'))).toBe(true);
        },
        2 * RUN_MS,
      );

      test(
        'while nobody can judge, the user is asked about commands, and edits run',
        async () => {
          await ask('take the tour', NOTICE, { FAULTS: 'http-400:caller=action-check' });
          expect(existsSync(join(at.cwd, 'hello.sh'))).toBe(true);
          expect(existsSync(join(at.cwd, 'pic.png'))).toBe(false);
          expect(proxy?.log().some(({ msg }) => msg === 'not checked')).toBe(true);
        },
        2 * RUN_MS,
      );

      test(
        'after a check that failed, the next ones count',
        async () => {
          const { screen } = await ask('take the tour', /The tour is over/, {
            FAULTS: 'http-400@1:caller=action-check',
          });
          expect(await screen()).toContain('ran it: done; it said: Hello from the tour: 42');
        },
        2 * RUN_MS,
      );
    });
  });
}
