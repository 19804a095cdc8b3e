/**
 * `bun scripts/swagger.ts` tries the page of `/swagger` in headless Chromium, against the mock: opens every operation, sends
 * it, and looks at what the page shows. `--pictures FOLDER` keeps pictures of what was seen. Where there is no Chromium,
 * one line says so, and nothing is checked. Exit 1 where a check fails.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { HealthAnswer } from '../src/http/api-description/answers.ts';
import { EXAMPLE_REQUESTS } from '../src/http/api-description/example-requests.ts';
import type { Operation } from '../src/http/api-description/operation-words.ts';
import { OPERATIONS } from '../src/http/api-description/operations.ts';
import { findChromium, launch, type View } from '../tests/support/clients/browser.ts';
import { startProxy } from '../tests/support/programs/proxy-process.ts';
import {
  authorize,
  blockOf,
  chooseFile,
  execute,
  openOperation,
  openSwagger,
  press,
  type Shown,
} from './swagger/page.ts';

const VIEWS: readonly View[] = [
  { width: 1280, colors: 'light' },
  { width: 800, colors: 'dark' },
];
const KEY = 'a-key-of-this-proxy';
const MESSAGES = OPERATIONS['POST /v1/messages'];

const checks = { ok: 0, failed: 0 };

/** Counts one check. `problem` says what is wrong; it is undefined where nothing is. */
function check(name: string, problem: string | undefined): void {
  checks[problem === undefined ? 'ok' : 'failed']++;
  if (problem !== undefined) console.log(`FAILED  ${name}: ${problem}`);
}

/** Matches the operations that name a file or a batch by its id. The ids of the examples exist nowhere. */
const OF_AN_ID = /\/(?:files|batches)\/:id/;

/** How an answer looks when all of it is there: JSON, a stream, or metrics, whose last line is a sample. */
const WHOLE = [
  /^\{[\s\S]*\}$/,
  /^event: message_start\n[\s\S]*\{"type":"message_stop"\}$/,
  /^# HELP [\s\S]*\n[a-z_]+(?:\{.*\})? [\d.e+-]+$/,
];

/** What is wrong with an answer that should have this status. */
function problemOf({ status, body }: Shown, wanted = 200): string | undefined {
  if (status !== wanted) return `status ${status}: ${body}`;
  const isWhole = WHOLE.some((form) => form.test(body.trim()));
  return isWhole ? undefined : `this is shown: ${body}`;
}

const pictures = process.argv.includes('--pictures')
  ? process.argv[process.argv.indexOf('--pictures') + 1]
  : undefined;
if (pictures !== undefined) mkdirSync(pictures, { recursive: true });

type Route = readonly [string, Operation];

const ALL: readonly Route[] = Object.entries<Operation>(OPERATIONS);
/** The first of each group: in another view the page looks otherwise, and sends the same. */
const ONE_EACH = ALL.filter(([, { tag }], at) => ALL.findIndex(([, other]) => other.tag === tag) === at);

/** Operations are opened and sent as they are. */
async function tryEach(routes: readonly Route[], browser: Browser, url: string, view: View): Promise<void> {
  const name = `${view.width} ${view.colors}`;
  const { page, complaints } = await openSwagger(browser, url, view);
  const keep = (what: string) =>
    pictures === undefined
      ? undefined
      : page.screenshot({ path: join(pictures, `${what}-${view.width}-${view.colors}.png`), fullPage: true });
  await keep('closed');
  for (const [route, { tag, id }] of routes) {
    const block = blockOf(page, tag, id);
    await openOperation(block);
    if (id === OPERATIONS['POST /v1/files'].id) await chooseFile(block);
    check(`${name}: ${route}`, problemOf(await execute(block), OF_AN_ID.test(route) ? 404 : 200));
    await keep(id);
    await press(block.locator('.opblock-summary-control'));
  }
  check(`${name}: no complaint of the browser`, complaints.length > 0 ? complaints.join('; ') : undefined);
  await page.close();
}

/** Every example is chosen and sent. */
async function tryExamples(browser: Browser, url: string, view: View): Promise<void> {
  const { page } = await openSwagger(browser, url, view);
  for (const [route, examples] of Object.entries(EXAMPLE_REQUESTS)) {
    const { tag, id } = OPERATIONS[route as keyof typeof EXAMPLE_REQUESTS];
    const block = blockOf(page, tag, id);
    await openOperation(block);
    for (const example of Object.keys(examples)) {
      await block.locator('select.examples-select-element').first().selectOption(example);
      check(`the example ${example} of ${route}`, problemOf(await execute(block)));
    }
  }
  await page.close();
}

const LONG_ANSWER = {
  model: 'claude-opus-5-5',
  max_tokens: 64_000,
  stream: true,
  messages: [{ role: 'user', content: 'Write a long story.' }],
};

/** A stream is shown while it comes, and "Clear" ends it. At the pace of a human the answer takes half a minute. */
async function tryLive(browser: Browser, url: string, view: View): Promise<void> {
  const { page } = await openSwagger(browser, url, view);
  const block = blockOf(page, MESSAGES.tag, MESSAGES.id);
  await openOperation(block);
  await block.locator('textarea.body-param__text').fill(JSON.stringify(LONG_ANSWER));
  await block.locator('button.execute').click();
  const shown = block.locator('.live-responses-table .response-col_description pre').first();
  await shown.getByText('text_delta').first().waitFor();
  const isWhole = (await shown.textContent())?.includes('message_stop');
  check('a stream is shown while it comes', isWhole ? 'it came in one piece' : undefined);
  await block.locator('.btn-clear').click();
  for (let look = 0; look < MOST_LOOKS && (await openStreams(url)) > 0; look++) await Bun.sleep(LOOK_MS);
  const open = await openStreams(url);
  check('"Clear" ends a stream', open > 0 ? `${open} answers go on` : undefined);
  await page.close();
}

const LOOK_MS = 100;
const MOST_LOOKS = 50;

async function openStreams(url: string): Promise<number> {
  const { streams_in_flight: open } = (await (await fetch(`${url}/health`)).json()) as HealthAnswer;
  return open;
}

/** A proxy with a key takes it in either header. */
async function tryKeys(browser: Browser, url: string, view: View): Promise<void> {
  for (const header of ['x-api-key', 'bearer'] as const) {
    const { page } = await openSwagger(browser, url, view);
    const block = blockOf(page, MESSAGES.tag, MESSAGES.id);
    await openOperation(block);
    const refused = await execute(block);
    check(`without a key (${header})`, refused.status === 401 ? undefined : `status ${refused.status}`);
    await authorize(page, header, KEY);
    check(`with a key as ${header}`, problemOf(await execute(block)));
    await page.close();
  }
}

async function withProxy(env: Record<string, string>, run: (url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'swagger-'));
  const proxy = await startProxy({ folder, env: { BACKEND: 'mock', ...env } });
  try {
    await run(proxy.url);
  } finally {
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const chromium = findChromium();
if (chromium === undefined) {
  console.log('skipped: the page of /swagger (no Chromium on this machine; install chromium)');
} else {
  const begun = performance.now();
  const browser = await launch(chromium);
  const [view] = VIEWS as [View];
  await withProxy({}, async (url) => {
    for (const each of VIEWS) await tryEach(each === view ? ALL : ONE_EACH, browser, url, each);
    await tryExamples(browser, url, view);
  });
  await withProxy({ PROXY_API_KEY: KEY }, (url) => tryKeys(browser, url, view));
  await withProxy({ MOCK_PACE: 'human' }, (url) => tryLive(browser, url, view));
  await browser.close();
  const seconds = Math.round((performance.now() - begun) / 1000);
  const operations = Object.keys(OPERATIONS).length;
  console.log(`swagger: ${operations} operations in ${VIEWS.length} views, ${seconds} s`);
  console.log(`checks: ${checks.ok} ok, ${checks.failed} failed`);
  process.exitCode = checks.failed > 0 ? 1 : 0;
}
