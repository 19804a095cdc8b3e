/**
 * `bun scripts/inspector.ts` uses the inspector's page in headless Chromium, while a session with a bad day runs: every view,
 * every control, light and dark, wide and narrow. `--pictures FOLDER` keeps pictures of what was seen, `--docs` renews those of the docs. Where there is
 * no Chromium, one line says so, and nothing is checked. Exit 1 where a check fails.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { findChromium, launch, type OpenPage, openPage, type View } from '../tests/support/browser.ts';
import { startProxy } from '../tests/support/proxy.ts';
import { badDay, type Client, KEYS, playSession } from './inspector/session.ts';

const VIEWS: readonly View[] = [
  { width: 1280, height: 860, colors: 'light' },
  { width: 1280, height: 860, colors: 'dark' },
  { width: 800, height: 860, colors: 'light' },
  { width: 800, height: 860, colors: 'dark' },
];
const KEY = 'a-key-of-this-proxy';

const { pictures, docs } = parseArgs({
  options: { pictures: { type: 'string' }, docs: { type: 'boolean' } },
}).values;
/** The pictures of the docs, which `--docs` renews, by the names under which they are kept otherwise. */
const DOC_PICTURES: Readonly<Record<string, string>> = {
  'list-1280-light': 'inspector.png',
  'request-1280-light': 'inspector-request.png',
};
if (pictures !== undefined) mkdirSync(pictures, { recursive: true });

const checks = { ok: 0, failed: 0 };

/** Counts one check: `look` throws, or returns false, where something is wrong. */
async function check(name: string, look: () => unknown): Promise<void> {
  let problem: string | undefined;
  try {
    if ((await look()) === false) problem = 'this is not so';
  } catch (error) {
    problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
  checks[problem === undefined ? 'ok' : 'failed']++;
  if (problem !== undefined) console.log(`FAILED  ${name}: ${problem}`);
}

/** Milliseconds within which the page must show what it has. */
const SEE_MS = 8_000;

/** Waits until a text can be seen. */
const sees = (page: Page, text: string | RegExp, within = 'body') =>
  page.locator(within).getByText(text).first().waitFor({ timeout: SEE_MS });

const keep = async (page: Page, name: string, isWhole = false): Promise<void> => {
  const forDocs = docs ? DOC_PICTURES[name] : undefined;
  if (pictures === undefined && forDocs === undefined) return;
  if (isWhole) await showWhole(page);
  const picture = await page.screenshot();
  if (pictures !== undefined) await Bun.write(join(pictures, `${name}.png`), picture);
  if (forDocs !== undefined) await Bun.write(join('docs/pictures', forDocs), picture);
};

/** Makes the window as high as what it shows, within reason. */
async function showWhole(page: Page): Promise<void> {
  const { width } = page.viewportSize() ?? { width: 1280 };
  await page.setViewportSize({ width, height: LEAST_HEIGHT });
  const height = await page.evaluate(() => {
    const part = document.querySelector('.opened .page, main.view');
    return part ? part.scrollHeight + 130 : 0;
  });
  await page.setViewportSize({ width, height: Math.min(2_400, Math.max(LEAST_HEIGHT, height)) });
}

const LEAST_HEIGHT = 560;

/** The request that was retried, and answered by another model. */
const ODD = '.line.request.slow:has-text("503")';

/** The list, with the live session in it. */
async function tryList({ page }: OpenPage, name: string): Promise<void> {
  await check(`${name}: the thread has the words that began it`, () =>
    sees(page, /the date parser fails around midnight/, '.line.thread'),
  );
  await check(`${name}: the subagent is a branch`, () => sees(page, /find every caller/, '.line.branch'));
  await check(`${name}: the retried request says why it was slow`, () => sees(page, /503/, ODD));
  await check(`${name}: another model answered`, () => sees(page, '4-carbon', ODD));
  await check(`${name}: the refused request is a failed one`, () =>
    sees(page, /context-overflow/, '.line.request.failed'),
  );
  // In a narrow window there is no column for the end.
  if ((page.viewportSize()?.width ?? 0) > 900) {
    await check(`${name}: an answer streams`, () => sees(page, 'streaming', '.list'));
    await check(`${name}: an error has its status`, () => sees(page, '400', '.line.request.failed'));
  }
  await check(`${name}: the repaired piece of the stream is told in plain words, with its code`, () =>
    sees(page, /A broken piece of Gemini’s stream was repaired.*broken-event/, '.line.request.changed'),
  );
  await keep(page, `list-${name}`);
}

const TABS = ['Conversation', 'What was changed', 'Frames and events', 'Usage and cost', 'Raw'] as const;

/** What each tab must show of the retried request. */
const TAB_TEXTS: Readonly<Record<(typeof TABS)[number], readonly (string | RegExp)[]>> = {
  Conversation: ['New in this request', 'The answer', /The offset must be taken at the local time/],
  'What was changed': ['Anthropic’s request, as it came', 'Gemini’s request, as sent', 'top_k'],
  'Frames and events': ['What Gemini sent, what the client got', /message_start/],
  'Usage and cost': [
    'What it cost',
    'Together',
    /\$0\.\d+ of it was for an attempt that failed/,
    'failed attempts, gemini-4-argon',
  ],
  Raw: [/client/i],
};

/** The request that was retried, and answered by another model. */
async function tryRequest({ page }: OpenPage, name: string): Promise<void> {
  await page.locator(ODD).first().click();
  await check(`${name}: the headline says what took the time`, () => sees(page, /Answered after/, 'h1'));
  await check(`${name}: and what was paid for an attempt that failed`, () =>
    sees(page, /\$0\.\d+ of \$0\.\d+ was for an attempt that failed/, 'h1'),
  );
  await check(`${name}: so does the card of the cost`, () => sees(page, 'for failed attempts', '.cards'));
  await check(`${name}: the time line has each attempt`, () => sees(page, 'Attempt 2', '.timeline'));
  await check(`${name}: the time line tells the failure`, () => sees(page, /503/, '.timeline'));
  await check(`${name}: the time line tells the other model`, () =>
    sees(page, 'Model replaced', '.timeline'),
  );
  await keep(page, `request-${name}`, true);
  for (const tab of TABS) {
    await page.getByRole('tab', { name: tab }).click();
    for (const text of TAB_TEXTS[tab])
      await check(`${name}: ${tab}: ${text}`, () => sees(page, text, '[role="tabpanel"]'));
    await check(`${name}: ${tab} keeps the headline`, () => sees(page, /Answered after/, 'h1'));
    await check(`${name}: ${tab} keeps the buttons`, () =>
      page.getByRole('button', { name: 'Send again' }).waitFor({ timeout: SEE_MS }),
    );
    if (tab !== 'Conversation') await keep(page, `${tab.split(' ')[0]?.toLowerCase()}-${name}`, true);
  }
  await page.keyboard.press('Escape');
  await check(`${name}: esc leads back to the same row`, () => page.locator(`.cursor${ODD}`).waitFor());
}

/** From a call to the subagent that it has begun, and back. */
async function trySubagent({ page }: OpenPage, name: string): Promise<void> {
  await page.locator('.line.request:has-text("Tool results: Bash")').click();
  await page.getByRole('link', { name: 'The subagent that this call began: 2 requests' }).click();
  await check(`${name}: a call leads to its subagent's first request`, () =>
    sees(page, 'subagent, request 1 of its conversation', '.facts'),
  );
  await keep(page, `subagent-${name}`, true);
  await page.locator('.begun-note a', { hasText: 'Tool results: Bash' }).click();
  await check(`${name}: and back to the call`, () => sees(page, 'find callers', '.call.chosen'));
  await keep(page, `call-${name}`);
  await page.keyboard.press('Escape');
}

async function tryFigures({ page }: OpenPage, name: string): Promise<void> {
  await page.locator('.top nav a[href="#/keys"]').click();
  await check(`${name}: keys are named by their fingerprints`, () => sees(page, /^#\w+/, '.keys'));
  await check(`${name}: the key without quota says until when`, () =>
    sees(page, /in \d+ h \d+ min|in \d+:\d+/, '.keys'),
  );
  await check(`${name}: models and breakers`, () => sees(page, 'Models and breakers'));
  await check(`${name}: what has answered in place of a model`, () =>
    sees(page, /1 request today, last at/, '.keys'),
  );
  await check(`${name}: the budget of retries`, () => sees(page, 'Retries, last five minutes', '.keys'));
  await keep(page, `keys-${name}`, true);
  await page.locator('.top nav a[href="#/charts"]').click();
  await check(`${name}: charts`, () => sees(page, 'Time to first content'));
  await check(`${name}: the models in the table`, () => sees(page, 'gemini-4-carbon', '.charts table'));
  await keep(page, `charts-${name}`, true);
}

/** Every view as it looks. */
async function lookAt(browser: Browser, client: Client, view: View): Promise<void> {
  const name = `${view.width}-${view.colors}`;
  const opened = await openPage(browser, client.url, '/ui', view);
  await tryList(opened, name);
  await tryRequest(opened, name);
  await trySubagent(opened, name);
  await tryFigures(opened, name);
  await check(`${name}: no complaint of the browser, no request elsewhere`, () => {
    if (opened.complaints.length > 0) throw new Error(opened.complaints.join('; '));
  });
  await opened.page.close();
}

const cursorOf = (page: Page) => page.locator('.line.cursor').getAttribute('id');

/** Waits until words are marked. */
const hasMarks = (page: Page) =>
  page.waitForFunction(() => (CSS.highlights.get('found')?.size ?? 0) > 0, undefined, { timeout: SEE_MS });

/** What a person does with the keys. */
async function tryKeyboard(browser: Browser, client: Client): Promise<void> {
  const { page } = await openPage(browser, client.url, '/ui', { width: 1280, colors: 'light' });
  await page.locator('.line.request').first().waitFor();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press('j');
  const first = await cursorOf(page);
  await press('j');
  await check('j goes on', async () => (await cursorOf(page)) !== first);
  await press('k');
  await check('k goes back', async () => (await cursorOf(page)) === first);
  await press('ArrowLeft');
  await check('left folds the thread', () =>
    page.locator('.line.thread[aria-expanded="false"]').first().waitFor(),
  );
  await press('ArrowRight');
  await check('right unfolds the thread', () => page.locator('.line.branch').first().waitFor());
  await press('n');
  await check('n goes to an odd one', () =>
    page.locator('.line.cursor.slow, .line.cursor.failed, .line.cursor.changed').waitFor(),
  );
  await press('Enter');
  await check('enter opens', () => page.locator('.opened').waitFor());
  await press('4');
  await check('4 is the fourth tab', () =>
    page.getByRole('tab', { name: 'Usage and cost', selected: true }).waitFor(),
  );
  const before = page.url();
  await press('j');
  await check('j leads to the next request', () => page.waitForURL((url) => String(url) !== before));
  await press('Escape');
  await check('esc leads back', () => page.locator('.list').waitFor());
  await press('?');
  await check('? is the help', () => sees(page, 'the tabs of a request', 'dialog'));
  await press('Escape');
  await press('.');
  await check('. pauses', () => sees(page, 'Paused'));
  await press('.', '/');
  await page.keyboard.type('parseLocal');
  await check('/ searches, in texts too', () => sees(page, /\d+ found/, '.search'));
  await check('where the words stand is told', () => sees(page, /in the (request|answer):/, '.odd'));
  await check('beside what is unusual', () =>
    page
      .locator(ODD, { has: page.locator('.odd.found') })
      .first()
      .waitFor({ timeout: SEE_MS }),
  );
  await check('and they are marked in the list', () => hasMarks(page));
  await keep(page, 'search-1280-light');
  await press('Enter', 'j', 'Enter');
  await check('a request that was found has them marked', () => hasMarks(page));
  await check('and says how often', () => sees(page, /is marked \d+ times? in this tab/, '.finding'));
  await page.getByRole('button', { name: 'Next mark' }).click();
  await keep(page, 'found-1280-light');
  await page.getByRole('button', { name: 'No marks' }).click();
  await check('until they are not wanted any more', () =>
    page.waitForFunction(() => !CSS.highlights.has('found'), undefined, { timeout: SEE_MS }),
  );
  await page.close();
}

/** What a person does with the mouse: filters, order, theme. */
async function tryControls(browser: Browser, client: Client): Promise<void> {
  const { page, complaints } = await openPage(browser, client.url, '/ui', { width: 1280, colors: 'light' });
  const rows = page.locator('.line.request');
  await rows.first().waitFor();
  await page.locator('.chip').first().click();
  await check(
    'the failed ones alone',
    async () => (await page.locator('.line.request:not(.failed)').count()) === 0,
  );
  await page.locator('.chip').first().click();
  await page.locator('.menu summary').click();
  await page.getByLabel('subagent').click();
  await check('one caller alone', async () => (await rows.count()) === 2);
  await page.getByLabel('subagent').click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Flat' }).click();
  await check('flat has no threads', () =>
    page.locator('.line.thread').first().waitFor({ state: 'detached' }),
  );
  await page.getByRole('button', { name: 'Threads' }).click();
  await page.locator('.search input').fill('nothing has these words');
  await check('no match says so', () => sees(page, 'No request matches'));
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await check('and the filters are cleared', () => rows.first().waitFor());
  await page.getByRole('button', { name: 'Light or dark' }).click();
  await check('dark', () => page.locator('html[data-theme="dark"]').waitFor());
  await page.getByRole('button', { name: 'Light or dark' }).click();
  await tryActions(page);
  await check('no complaint while using it', () => {
    if (complaints.length > 0) throw new Error(complaints.join('; '));
  });
  await page.close();
}

async function tryActions(page: Page): Promise<void> {
  await page.locator(ODD).first().click();
  const answered = async (button: string, text: RegExp) => {
    await page.getByRole('button', { name: button }).click();
    await check(`${button}`, () => sees(page, text, 'dialog'));
    await page.keyboard.press('Escape');
  };
  await answered('Save as recording', /recordings|saved/i);
  await answered('Adopt as a test', /bun run adopt/);
  await answered('Copy as curl', /\$GEMINI_API_KEY/);
  await page.getByRole('button', { name: 'Send again' }).click();
  await check('sending again is asked first, with its price', () =>
    sees(page, /tokens in, (about )?\$/, 'dialog'),
  );
  await page.getByRole('button', { name: 'Send to the mock' }).click();
  await check('sent again to the mock, it is a request of its own', () =>
    sees(page, /Answered after|Under way/, 'h1'),
  );
  await check('it says whose request it repeats', () => sees(page, /once more, sent from this page/, 'main'));
  await keep(page, 'resent-1280-light');
  await page.keyboard.press('Escape');
  await page.locator('button.new').click();
  await check('it stands in the list apart from the session', () =>
    sees(page, 'sent again to the mock', '.line.request.depth-0'),
  );
  await check('an answer from which nothing comes is called silent', () =>
    sees(page, /Gemini fell silent in the middle of its answer/, '.line.request.slow'),
  );
  await keep(page, 'silent-1280-light');
  await page.locator('.top nav a[href="#/charts"]').click();
  await page.getByRole('button', { name: '7 days' }).click();
  await page.getByRole('button', { name: 'Show as tables' }).click();
  await check('charts as tables', () => sees(page, 'in, fresh', '.chart table'));
  await page.getByLabel('Grouped').selectOption('key');
  await check('charts by key', () => sees(page, 'By key', 'h2'));
  await page.locator('.top nav a[href="#/keys"]').click();
  await page.getByRole('button', { name: 'Test', exact: true }).first().click();
  await check('a key is tested', () => sees(page, /Tested|did not work/, 'dialog'));
  await page.getByRole('button', { name: 'Close' }).click();
}

/** A proxy with a key shows nothing without the key. */
async function tryLock(browser: Browser): Promise<void> {
  await using proxy = await startProxy({ env: { MOCK_PACE: 'instant', PROXY_API_KEY: KEY } });
  const { page } = await openPage(browser, proxy.url, '/ui', { width: 1280, colors: 'light' });
  await check('a proxy with a key asks for it', () => sees(page, 'This proxy asks for its key'));
  await keep(page, 'locked');
  const enter = async (key: string) => {
    await page.getByLabel('PROXY_API_KEY').fill(key);
    await page.getByRole('button', { name: 'Open' }).click();
  };
  await enter('another-key');
  await check('another key is not taken', () => sees(page, 'That was not the key'));
  await enter(KEY);
  await check('with the key it opens, and is empty', () => sees(page, 'Nothing has come yet'));
  await keep(page, 'empty');
  await proxy[Symbol.asyncDispose]();
  await check('a proxy that is gone is told', () => sees(page, 'The proxy does not answer.'));
  await keep(page, 'gone');
  await page.close();
}

/** A proxy whose clients have keys, and whose operator has none, shows nothing to anybody. */
async function tryClosed(browser: Browser): Promise<void> {
  const CLIENT_KEYS = JSON.stringify({ alice: 'a-key-of-alice-0123' });
  await using proxy = await startProxy({ env: { MOCK_PACE: 'instant', CLIENT_KEYS } });
  const { page } = await openPage(browser, proxy.url, '/ui', { width: 1280, colors: 'light' });
  await check('a proxy without a key of its operator is closed', () => sees(page, 'This page is closed'));
  await check('and says what opens it', () => sees(page, /needs PROXY_API_KEY, and none is set/));
  await keep(page, 'closed');
  await page.close();
}

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
