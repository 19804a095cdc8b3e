/** How the page is checked: what holds is counted, what is seen is kept as a picture. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** The pictures of the docs, by the names under which they are kept otherwise. */
const DOC_PICTURES: Readonly<Record<string, string>> = {
  'list-1280-light': 'inspector.png',
  'request-1280-light': 'inspector-request.png',
};

/** Where pictures are kept: all of them in a folder, and those of the docs among the docs. */
const wanted: { folder?: string | undefined; docs?: boolean | undefined } = {};

export function keepPictures(folder: string | undefined, docs: boolean | undefined): void {
  Object.assign(wanted, { folder, docs });
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
}

export const checks = { ok: 0, failed: 0 };

/** Counts one check: `look` throws, or returns false, where something is wrong. */
export async function check(name: string, look: () => unknown): Promise<void> {
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
export const SEE_MS = 8_000;

/** Waits until a text can be seen. */
export const sees = (page: Page, text: string | RegExp, within = 'body') =>
  page.locator(within).getByText(text).first().waitFor({ timeout: SEE_MS });

export const keep = async (page: Page, name: string, isWhole = false): Promise<void> => {
  const { folder, docs } = wanted;
  const forDocs = docs ? DOC_PICTURES[name] : undefined;
  if (folder === undefined && forDocs === undefined) return;
  if (isWhole) await showWhole(page);
  const picture = await page.screenshot();
  if (folder !== undefined) await Bun.write(join(folder, `${name}.png`), picture);
  if (forDocs !== undefined) await Bun.write(join('docs/pictures', forDocs), picture);
};

/** Nothing is wider than what holds it: it would be cut, or have to be pushed aside to be read. */
export const isNothingCut = (page: Page, name: string): Promise<void> =>
  check(`${name}: nothing is cut`, async () => {
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('body, main, .page, .panel, .scroll, dialog')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
        .map(
          ({ tagName, className, scrollWidth, clientWidth }) =>
            `${tagName.toLowerCase()}.${className}: ${scrollWidth} of ${clientWidth}`,
        ),
    );
    if (cut.length > 0) throw new Error(cut.join('; '));
  });

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
export const ODD = '.line.request.slow:has-text("503")';
