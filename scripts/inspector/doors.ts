/** Who does not get in: the page of a proxy that wants a key, and of one that no key opens. */
import type { Browser } from 'playwright-core';
import { openPage } from '../../tests/support/clients/browser.ts';
import { startProxy } from '../../tests/support/proxy.ts';
import { check, keep, sees } from './checks.ts';

const KEY = 'a-key-of-this-proxy';

/** A proxy with a key shows nothing without the key. */
export async function tryLock(browser: Browser): Promise<void> {
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
export async function tryClosed(browser: Browser): Promise<void> {
  const CLIENT_KEYS = JSON.stringify({ alice: 'a-key-of-alice-0123' });
  await using proxy = await startProxy({ env: { MOCK_PACE: 'instant', CLIENT_KEYS } });
  const { page } = await openPage(browser, proxy.url, '/ui', { width: 1280, colors: 'light' });
  await check('a proxy without a key of its operator is closed', () => sees(page, 'This page is closed'));
  await check('and says what opens it', () => sees(page, /needs PROXY_API_KEY, and none is set/));
  await keep(page, 'closed');
  await page.close();
}
