/**
 * `bun scripts/inspector.ts` uses the inspector's page in headless Chromium, while a session with a bad day runs: every view,
 * every control, light and dark, wide and narrow. `--pictures FOLDER` keeps pictures of what was seen, `--docs` renews those of the docs. Where there is
 * no Chromium, one line says so, and nothing is checked. Exit 1 where a check fails.
 */

import { findChromium, launch, type View } from '../tests/support/clients/browser.ts';
import { startProxy } from '../tests/support/proxy.ts';
import { commandLine } from './command-line/command-line.ts';
import { checks, keepPictures } from './inspector/checks.ts';
import { tryControls, tryKeyboard } from './inspector/controls.ts';
import { tryClosed, tryLock } from './inspector/doors.ts';
import { badDay, type Client, KEYS, playSession } from './inspector/session.ts';
import { lookAt, tryManyKeys } from './inspector/views.ts';

const VIEWS: readonly View[] = [
  { width: 1280, height: 860, colors: 'light' },
  { width: 1280, height: 860, colors: 'dark' },
  { width: 800, height: 860, colors: 'light' },
  { width: 800, height: 860, colors: 'dark' },
];

const { pictures, docs } = commandLine({
  name: 'bun scripts/inspector.ts',
  about: "Uses the inspector's page in headless Chromium, and says what is wrong there",
  options: { pictures: { type: 'string' }, docs: { type: 'boolean' } },
}).values;
keepPictures(pictures, docs);

/** The session runs beside the page, and its last answer streams until all has been looked at. */
async function main(executablePath: string): Promise<void> {
  const { promise: go, resolve: end } = Promise.withResolvers<void>();
  const env = {
    API_KEYS: KEYS.join(),
    MODEL_FALLBACKS: 'gemini-4-argon>gemini-4-carbon',
    MAX_STREAMING_RETRIES: '2',
  };
  await using proxy = await startProxy({ env, fetch: badDay(go) });
  const browser = await launch(executablePath);
  try {
    const client: Client = { url: proxy.url };
    const { last } = await playSession(client);
    for (const view of VIEWS) await lookAt(browser, client, view);
    await tryKeyboard(browser, client);
    await tryControls(browser, client);
    end();
    await last;
    await tryManyKeys(browser);
    await tryLock(browser);
    await tryClosed(browser);
  } finally {
    end();
    await browser.close();
  }
}

const chromium = findChromium();
if (chromium === undefined) {
  console.log('skipped: the page of the inspector (no Chromium; on Debian: apt-get install chromium)');
} else {
  await main(chromium);
  console.log(`checks: ${checks.ok} ok, ${checks.failed} failed`);
  process.exit(checks.failed > 0 ? 1 : 0);
}
