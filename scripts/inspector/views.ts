/** Every view of the page, as it looks in one window. */
import type { Browser } from 'playwright-core';
import { type OpenPage, openPage, type View } from '../../tests/support/clients/browser.ts';
import { startProxy } from '../../tests/support/proxy.ts';
import { check, isNothingCut, keep, ODD, SEE_MS, sees } from './checks.ts';
import type { Client } from './session.ts';

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
  await isNothingCut(page, `${name}: the list`);
  await check(`${name}: the heads of columns say what they mean`, () =>
    page.locator('.head abbr[title*="Seconds from the request"]').waitFor({ timeout: SEE_MS }),
  );
  await keep(page, `list-${name}`);
}

const TABS = ['Conversation', 'What was changed', 'Frames and events', 'Usage and cost', 'Raw'] as const;

/** What each tab must show of the retried request. */
const TAB_TEXTS: Readonly<Record<(typeof TABS)[number], readonly (string | RegExp)[]>> = {
  Conversation: ['New in this request', 'The answer', /The offset must be taken at the local time/],
  'What was changed': [
    'Anthropic’s request, as it came',
    'Gemini’s request, as sent',
    'top_k',
    /^5 things were changed, 3 of them matter$/,
  ],
  'Frames and events': ['What Gemini sent, what the client got', /message_start/, 'Answer to'],
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
  await check(`${name}: card, badge and tab tell one number of changes that matter`, async () => {
    await sees(page, /^3 matter$/, '.cards');
    await sees(page, /^3 matter$/, '.tabs');
  });
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
    await isNothingCut(page, `${name}: ${tab}`);
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
  await check(`${name}: models and breakers`, () => sees(page, /keeps failing with a key is/));
  await check(`${name}: what has answered in place of a model`, () =>
    sees(page, /1 request today, last at/, '.keys'),
  );
  await check(`${name}: the budget of retries`, () => sees(page, 'Retries, last five minutes', '.keys'));
  await isNothingCut(page, `${name}: keys`);
  await keep(page, `keys-${name}`, true);
  await page.locator('.top nav a[href="#/charts"]').click();
  await check(`${name}: charts`, () => sees(page, 'Time to the first text or call'));
  await check(`${name}: the models in the table`, () => sees(page, 'gemini-4-carbon', '.charts table'));
  await isNothingCut(page, `${name}: charts`);
  await keep(page, `charts-${name}`, true);
  await page.getByRole('button', { name: 'Show as tables' }).click();
  await isNothingCut(page, `${name}: charts as tables`);
  await keep(page, `tables-${name}`, true);
}

/** More keys than have room beside each other in a narrow window. */
export async function tryManyKeys(browser: Browser): Promise<void> {
  const keys = Array.from({ length: 8 }, (_, number) => `AIza-one-of-many-keys-${number}`);
  const fetch = async () => Response.json({ models: [] });
  await using proxy = await startProxy({ env: { API_KEYS: keys.join() }, fetch });
  const { page } = await openPage(browser, proxy.url, '/ui#/keys', { width: 800, colors: 'light' });
  await check('many keys: how many answer with a model', () => sees(page, '8 of 8 answer', '.keys'));
  await isNothingCut(page, 'many keys');
  await page.close();
}

/** Every view as it looks. */
export async function lookAt(browser: Browser, client: Client, view: View): Promise<void> {
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
