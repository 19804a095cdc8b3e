/** Every control of the page, used with the keys and with the mouse. */
import type { Browser, Page } from 'playwright-core';
import { openPage } from '../../tests/support/clients/browser.ts';
import { check, keep, ODD, SEE_MS, sees } from './checks.ts';
import type { Client } from './session.ts';

const cursorOf = (page: Page) => page.locator('.line.cursor').getAttribute('id');

/** Waits until words are marked. */
const hasMarks = (page: Page) =>
  page.waitForFunction(() => (CSS.highlights.get('found')?.size ?? 0) > 0, undefined, { timeout: SEE_MS });

/** What a person does with the keys. */
export async function tryKeyboard(browser: Browser, client: Client): Promise<void> {
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
  await check('it has the words, too', () => sees(page, /still had from an earlier request/, 'dialog'));
  await keep(page, 'help-1280-light');
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
export async function tryControls(browser: Browser, client: Client): Promise<void> {
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

/** The attempt that broke off is looked at. */
async function tryAttempts(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Frames and events' }).click();
  await page.getByLabel('Answer to').selectOption('1');
  await check('the frames of an attempt that failed', () => sees(page, /The offset is read”/, '.frames'));
  await page.getByRole('tab', { name: 'What was changed' }).click();
  await page.getByLabel('Sent at').selectOption('2');
  await check('what was sent at an attempt that failed', () => sees(page, /gemini-4-argon does not take it/));
  await page.getByRole('tab', { name: 'Conversation' }).click();
}

async function tryActions(page: Page): Promise<void> {
  await page.locator(ODD).first().click();
  await tryAttempts(page);
  const answered = async (button: string, text: RegExp) => {
    await page.getByRole('button', { name: button }).click();
    await check(`${button}`, () => sees(page, text, 'dialog'));
    await page.keyboard.press('Escape');
  };
  await answered('Save as recording', /recordings|saved/i);
  await page.getByRole('button', { name: 'Adopt as a test' }).click();
  await check('adopting says first what it writes', () => sees(page, /is saved as the recording/, 'dialog'));
  await check('and the command to paste', () => sees(page, /^bun run adopt ui-/, 'dialog'));
  await keep(page, 'adopt-1280-light');
  await page.getByRole('button', { name: 'Save the recording' }).click();
  await check('it is saved when that is wanted', () => sees(page, /^Saved as the recording/, 'dialog'));
  await page.keyboard.press('Escape');
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
