/** The page of `/swagger` in a real browser, and what a person does there. */
import type { Browser, Locator, Page } from 'playwright-core';
import { type OpenPage, openPage, type View } from '../../tests/support/clients/browser.ts';

export async function openSwagger(browser: Browser, url: string, view: View): Promise<OpenPage> {
  const opened = await openPage(browser, url, '/swagger', view);
  await opened.page.locator('.opblock').first().waitFor();
  return opened;
}

export const blockOf = (page: Page, tag: string, id: string): Locator =>
  page.locator(`#operations-${tag}-${id}`);

/**
 * Presses a button at once. A click as a person's would first wait until nothing moves, which on a page of this size takes
 * a second without a graphics card.
 */
export const press = (button: Locator): Promise<void> => button.dispatchEvent('click');

/** Opens an operation, and makes it ready to be sent. */
export async function openOperation(block: Locator): Promise<void> {
  await press(block.locator('.opblock-summary-control'));
  await block.locator('.opblock-body').waitFor();
  await press(block.locator('.try-out__btn'));
}

/** Chooses a small file where an operation takes one. */
export async function chooseFile(block: Locator): Promise<void> {
  const file = { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('All is well.') };
  await block.locator('input[type=file]').setInputFiles(file);
}

export type Shown = { status: number; body: string };

/** Presses "Execute", and reads the answer that is shown then. */
export async function execute(block: Locator): Promise<Shown> {
  const answer = block.locator('.live-responses-table');
  if ((await answer.count()) > 0) await press(block.locator('.btn-clear'));
  await press(block.locator('button.execute'));
  // Of an answer that has ended the duration is shown, and of an error its name.
  await answer
    .getByText('Request duration')
    .or(answer.getByText(/^Error:/))
    .first()
    .waitFor();
  return {
    status: Number.parseInt((await answer.locator('.response-col_status').last().textContent()) ?? '', 10),
    body: (await answer.locator('.response-col_description pre').first().textContent()) ?? '',
  };
}

/** Enters a key under "Authorize". `header`: which of the two ways. */
export async function authorize(page: Page, header: 'x-api-key' | 'bearer', key: string): Promise<void> {
  await page.locator('.auth-wrapper button.authorize').first().click();
  const form = page.locator('.auth-container').nth(header === 'x-api-key' ? 0 : 1);
  await form.locator('input').fill(key);
  await form.locator('button.authorize').click();
  await page.locator('.close-modal').click();
}
