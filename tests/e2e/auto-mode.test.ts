/**
 * Claude Code's auto mode, its default in a terminal: each turn asks us for a verdict on dangerous tools. Without a
 * verdict edits must still run, and only actions that nobody can approve here may be refused
 * (docs/discoveries/0002-auto-mode.md).
 */
import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installClaudeCode, requireE2e, runClaude } from '../support/claude-code.ts';
import { startProxy } from '../support/proxy-process.ts';
import { startTap } from '../support/tap.ts';

const RUN_MS = 60_000;
const installed = await installClaudeCode('2.1.330');
if (!installed.ok && requireE2e) throw new Error(installed.reason);
if (!installed.ok) console.warn(`skipped: auto mode (${installed.reason})`);

describe.skipIf(!installed.ok)('auto mode', () => {
  const folder = mkdtempSync(join(tmpdir(), 'auto-mode-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test(
    'edits run although the proxy gives no verdict',
    async () => {
      const [cwd, home] = [join(folder, 'project'), join(folder, 'home')];
      for (const path of [cwd, home]) mkdirSync(path, { recursive: true });
      const proxy = await startProxy({ folder: join(folder, 'proxy'), args: ['--backend', 'mock'] });
      const tap = startTap(proxy.url);
      const args = ['--permission-mode', 'auto'];
      const path = installed.ok ? installed.path : '';
      const run = { path, baseUrl: tap.url, cwd, home, prompt: 'take the tour', args, timeoutMs: RUN_MS };
      const result = await runClaude(run).finally(() => Promise.all([proxy.crash(), tap.stop()]));
      expect(tap.exchanges.some(({ body }) => body?.safeguards?.length > 0)).toBe(true);
      expect(existsSync(join(cwd, 'hello.sh'))).toBe(true);
      expect(result.stdout).not.toContain('hard failure');
    },
    2 * RUN_MS,
  );
});
