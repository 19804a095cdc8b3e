/** A running proxy whose `.env` is changed. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProxyProcess, startProxy } from '../support/programs/proxy-process.ts';
import { hello } from '../support/proxy.ts';

const OLD = 'canary-key-old';
const NEW = 'canary-key-new';
const folder = mkdtempSync(join(tmpdir(), 'reload-'));
const asked: string[] = [];
let google: ReturnType<typeof Bun.serve>;
let proxy: ProxyProcess;

const env = (text: string) => writeFileSync(join(folder, '.env'), text);

async function ask(): Promise<string> {
  const body = JSON.stringify(hello);
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
  const answer = await fetch(`${proxy.url}/v1/messages`, { method: 'POST', body, headers });
  expect(answer.status).toBe(200);
  await answer.text();
  return asked.at(-1) ?? '';
}

/** The first log line after `act` that begins with `message` and names `model`. */
async function logged(message: string, model: string, act: () => void): Promise<Record<string, unknown>> {
  const before = proxy.log().length;
  act();
  for (;;) {
    const line = proxy
      .log()
      .slice(before)
      .find((found) => String(found['msg']).startsWith(message) && JSON.stringify(found).includes(model));
    if (line) return line;
    await proxy.wrote();
  }
}

beforeAll(async () => {
  google = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      asked.push(request.headers.get('x-goog-api-key') ?? '');
      const content = { role: 'model', parts: [{ text: 'Hello' }] };
      return Response.json({ candidates: [{ index: 0, content, finishReason: 'STOP' }] });
    },
  });
  env(`GEMINI_API_KEY=${OLD}\nSMALL_MODEL=gemini-3.8-flash\n`);
  proxy = await startProxy({
    folder,
    env: { GOOGLE_GEMINI_BASE_URL: google.url.href, SMALL_MODEL: 'gemini-3.7-flash' },
  });
});

afterAll(async () => {
  await proxy?.stop();
  await google?.stop(true);
  rmSync(folder, { recursive: true, force: true });
});

test('SIGHUP: the new key is asked, and the real environment still wins', async () => {
  expect(await ask()).toBe(OLD);
  env(`GEMINI_API_KEY="${NEW}" # mended\nSMALL_MODEL=gemini-3.6-flash\n`);
  const line = await logged('settings read anew', 'gemini-4-argon', () => proxy.signal('SIGHUP'));
  expect(line).toMatchObject({ keys: [expect.any(String)], models: { small: 'gemini-3.7-flash' } });
  expect(await ask()).toBe(NEW);
});

test('a file that an editor replaces is noticed by itself', async () => {
  const replace = () => {
    writeFileSync(join(folder, '.env.new'), `GEMINI_API_KEY=${OLD}\nBIG_MODEL=gemini-4-neon\n`);
    renameSync(join(folder, '.env.new'), join(folder, '.env'));
  };
  await logged('settings read anew', 'gemini-4-neon', replace);
  expect(await ask()).toBe(OLD);
});

test('a file that is made later is noticed as well', async () => {
  const text = `GEMINI_API_KEY=${NEW}\nBIG_MODEL=gemini-4-carbon\n`;
  const make = () => writeFileSync(join(folder, '.env.local'), text);
  await logged('settings read anew', 'gemini-4-carbon', make);
  expect(await ask()).toBe(NEW);
});

test('a bad value: one line that names it, and the proxy goes on', async () => {
  const line = await logged('settings stay', '', () => {
    env('GEMINI_API_KEY=other\nMODEL_FALLBACKS=gemini-4-argon>gemini-4-argon\n');
    proxy.signal('SIGHUP');
  });
  expect(line).toMatchObject({
    level: 'error',
    msg: 'settings stay as they were: MODEL_FALLBACKS: gemini-4-argon is there twice',
  });
  expect(await ask()).toBe(NEW);
});

test('no key is ever in the log', () => {
  expect(proxy.output()).not.toContain('canary');
});

test('a key in a file of its own: replaced, it is asked; emptied, the last one stays', async () => {
  const own = join(folder, 'own');
  const file = join(own, 'key');
  mkdirSync(own);
  writeFileSync(file, `${OLD}\n`);
  const before = proxy;
  proxy = await startProxy({
    folder: own,
    env: { GOOGLE_GEMINI_BASE_URL: google.url.href, GEMINI_API_KEY_FILE: file },
  });
  try {
    expect(await ask()).toBe(OLD);
    await logged('settings read anew', '', () => writeFileSync(file, `${NEW}\n`));
    expect(await ask()).toBe(NEW);
    const line = await logged('settings stay', '', () => writeFileSync(file, ''));
    expect(line['msg']).toContain('GEMINI_API_KEY_FILE');
    expect(await ask()).toBe(NEW);
  } finally {
    await proxy.stop();
    proxy = before;
  }
});
