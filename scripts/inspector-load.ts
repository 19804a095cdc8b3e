/**
 * `bun scripts/inspector-load.ts [--requests 10000]` sends that many requests through a proxy at whose inspector somebody
 * looks, opens the page, and prints how large the process and the page have become, and how long the list needs to be painted anew.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { findChromium, launch, openPage } from '../tests/support/clients/browser.ts';
import { startProxy } from '../tests/support/programs/proxy-process.ts';
import { commandLine } from './command-line/command-line.ts';

const { requests } = commandLine({
  name: 'bun scripts/inspector-load.ts',
  about:
    'Sends many requests through a proxy whose inspector is open, and prints how large the process and the page become',
  options: { requests: { type: 'string', default: '10000' } },
}).values;
const AT_ONCE = 16;
const SCROLLS = 30;

/** Bytes of the process, as the system counts them. */
async function memoryOf(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text();
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1_024;
}

const bodyOf = (index: number) =>
  JSON.stringify({
    model: 'claude-opus-5-5',
    max_tokens: 200,
    stream: true,
    system: `You are a coding agent. ${'This stands in each prompt. '.repeat(100)}`,
    messages: [{ role: 'user', content: `hello ${index}` }],
  });

async function sendAll(url: string, count: number): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      const response = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'anthropic-version': '2023-06-01',
          'x-claude-code-session-id': `session-${Math.floor(index / 40)}`,
        },
        body: bodyOf(index),
      });
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const middle = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The milliseconds from a scroll to the next painted frame, in the middle of thirty scrolls over the whole list. */
const repaint = async (page: Page): Promise<number> =>
  middle(
    await page.evaluate(async (scrolls) => {
      const list = document.querySelector('.lines');
      const times: number[] = [];
      for (let index = 0; list && index < scrolls; index++) {
        const began = performance.now();
        list.scrollTop = (list.scrollHeight * index) / scrolls;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        times.push(performance.now() - began);
      }
      return times;
    }, SCROLLS),
  );

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium; on Debian: apt-get install chromium');
const folder = mkdtempSync(join(tmpdir(), 'inspector-load-'));
const proxy = await startProxy({
  folder,
  env: { BACKEND: 'mock', MOCK_PACE: 'instant', LOG_LEVEL: 'error' },
});
const before = await memoryOf(proxy.pid);
// Where nobody looks, only one in twenty of so many requests would be kept.
const looker = new AbortController();
await fetch(`${proxy.url}/ui/api/live`, { signal: looker.signal });
await sendAll(proxy.url, Number(requests));
looker.abort();
const after = await memoryOf(proxy.pid);
const browser = await launch(chromium);
const { page, complaints } = await openPage(browser, proxy.url, '/ui', { width: 1280, colors: 'light' });
await page.locator('.line.request').first().waitFor();
await page.getByText(/requests kept/).waitFor();
const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
console.log(await page.locator('.foot span').first().textContent());
console.log(`process: ${megabytes(before)} before, ${megabytes(after)} after ${requests} requests`);
console.log(`page: ${nodes} elements, ${(await repaint(page)).toFixed(0)} ms for a repaint`);
console.log(complaints.length === 0 ? 'no complaint of the browser' : complaints.join('\n'));
await browser.close();
await proxy.stop();
rmSync(folder, { recursive: true, force: true });
