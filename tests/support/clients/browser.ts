/** A real browser of this machine, and how a person looks at a page of the proxy with it. */
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser of this machine; undefined where there is none. */
export const findChromium = (): string | undefined =>
  NAMES.map((name) => Bun.which(name)).find((path) => path !== null) ?? undefined;

export const launch = (executablePath: string): Promise<Browser> =>
  // The pages are our own, and in a container Chromium has no sandbox.
  chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** How a person looks at the page. */
export type View = { width: number; height?: number; colors: 'light' | 'dark' };

export type OpenPage = {
  page: Page;
  /** What the browser complained of, and requests to other hosts. */
  complaints: readonly string[];
};

/** Milliseconds for one step of a person. */
const STEP_MS = 20_000;

/** Opens the page at `path`. An answer with an error status is no complaint: the page shows it. */
export async function openPage(browser: Browser, url: string, path: string, view: View): Promise<OpenPage> {
  const page = await browser.newPage({
    viewport: { width: view.width, height: view.height ?? 900 },
    colorScheme: view.colors,
  });
  page.setDefaultTimeout(STEP_MS);
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isStatus = message.text().startsWith('Failed to load resource: the server responded with');
    if (message.type() !== 'log' && !isStatus) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(`${url}/`) && !/^(?:data|blob):/.test(address))
      complaints.push(`a request to ${address}`);
  });
  await page.goto(`${url}${path}`);
  return { page, complaints };
}
