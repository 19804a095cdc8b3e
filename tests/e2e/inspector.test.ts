/** A session of the real Claude Code, as a person sees it on the inspector's page while it goes on. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, launch, openPage } from '../support/clients/browser.ts';
import { installClaudeCode, requireE2e, runClaude } from '../support/clients/claude-code.ts';
import { startProxy } from '../support/proxy.ts';

const VERSION = '2.1.330';
const RUN_MS = 120_000;

const chromium = findChromium();
const installed = await installClaudeCode(VERSION);
if (requireE2e && !installed.ok) throw new Error(`Claude Code ${VERSION}: ${installed.reason}`);
if (requireE2e && !chromium) throw new Error('no Chromium; on Debian: apt-get install chromium');
const why = installed.ok ? 'no Chromium' : installed.reason;
if (!installed.ok || !chromium) console.warn(`skipped: a session on the inspector’s page (${why})`);

describe.skipIf(!installed.ok || !chromium)(`the session of Claude Code ${VERSION}`, () => {
  test(
    'appears while it streams, with its subagent as a branch that its call leads to and back, its tools, and no request to elsewhere',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'inspected-'));
      await using proxy = await startProxy({ env: { MOCK_PACE: 'human' } });
      const browser = await launch(chromium ?? '');
      try {
        const { page, complaints } = await openPage(browser, proxy.url, '/ui', {
          width: 1280,
          colors: 'light',
        });
        await page.getByText('Nothing has come yet').waitFor();
        const session = runClaude({
          path: installed.ok ? installed.path : '',
          baseUrl: proxy.url,
          cwd: folder,
          home: folder,
          prompt: 'take the tour',
          timeoutMs: RUN_MS,
        });
        await page
          .locator('.line.request .tag.live', { hasText: 'streaming' })
          .first()
          .waitFor({ timeout: RUN_MS });
        expect((await session).exitCode).toBe(0);
        await page.locator('.line.thread', { hasText: 'take the tour' }).waitFor();
        await page.locator('.line.branch', { hasText: 'Tour stop: read' }).waitFor();
        await page.locator('.line.request', { hasText: 'Tool results: Agent' }).click();
        await page.getByRole('link', { name: 'The subagent that this call began' }).click();
        await page.locator('.begun-note a').click();
        await page.locator('.call.chosen', { hasText: 'Agent' }).waitFor();
        await page.keyboard.press('Escape');
        await page.locator('.line.request', { hasText: 'Tool results: Write' }).click();
        await page.locator('.call', { hasText: 'hello.sh' }).first().waitFor();
        await page.getByRole('tab', { name: 'Frames and events' }).click();
        await page.getByText('message_start').first().waitFor();
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
    RUN_MS + 60_000,
  );
});
