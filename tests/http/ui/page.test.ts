import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_FOLDER } from '../../../src/http/ui/page-files.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';

const FOLDER = join(import.meta.dir, '../../..', PAGE_FOLDER);
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(?:ts|css|svg)$/.test(name),
);
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the page of the inspector', () => {
  let proxy: TestProxy;
  beforeAll(async () => {
    proxy = await startProxy({ env: { PROXY_API_KEY: 'k-0123456789abcdef' } });
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  test.each(['/', '/ui', '/ui/', '/ui/keys', '/ui/charts', '/ui/requests/req_1'])(
    'a browser gets it at %s, without a key',
    async (path) => {
      const page = await proxy.send(path, undefined, BROWSER);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(await page.text()).toStartWith('<!doctype html>');
    },
  );

  test('a program gets JSON at /', async () => {
    expect(await (await proxy.send('/')).json()).toMatchObject({ service: 'gemini-claude-proxy' });
  });

  test.each([...FILES, 'vendor/preact.mjs', 'vendor/hooks.mjs', 'vendor/htm.mjs', 'vendor/htm-preact.mjs'])(
    'its file %s is served, as a browser understands it',
    async (name) => {
      const file = await proxy.send(`/ui/assets/${name}`);
      expect(file.status).toBe(200);
      const text = await file.text();
      if (/s$/.test(name) && !name.endsWith('.css'))
        expect(() => new Bun.Transpiler({ loader: 'js' }).scan(text)).not.toThrow();
      const again = await proxy.send(`/ui/assets/${name}`, undefined, {
        'if-none-match': file.headers.get('etag') ?? '',
      });
      expect([again.status, await again.text()]).toEqual([304, '']);
    },
  );

  test('each module that a file imports is served', async () => {
    const html = await (await proxy.send('/ui')).text();
    const { imports } = JSON.parse(/<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '');
    const scan = new Bun.Transpiler({ loader: 'js' });
    const start = '/ui/assets/main.ts';
    const seen = new Set([start]);
    for (const path of seen) {
      const file = await proxy.send(path);
      expect([path, file.status]).toEqual([path, 200]);
      for (const { path: to } of scan.scan(await file.text()).imports) {
        const address: string = imports[to] ?? new URL(to, `http://x${path}`).pathname;
        seen.add(address);
      }
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test('a browser loads nothing from elsewhere, and runs no script in the page but the import map', async () => {
    const page = await proxy.send('/ui');
    const html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
    const hash = new Bun.CryptoHasher('sha256').update(map).digest('base64');
    expect(policy.split('; ')).toEqual([
      "default-src 'self'",
      `script-src 'self' 'sha256-${hash}'`,
      "style-src 'self'",
      "img-src 'self' data: blob:",
      "base-uri 'none'",
      "object-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(html).not.toMatch(/\son\w+=|\sstyle=|(?:src|href)="(?!\/|data:)/);
  });

  test.each([
    'nothing.ts',
    'page.html',
    'vendor/nothing.mjs',
    'vendor/constructor',
    '..%2Fanswer-page.ts',
    '%2e%2e/answer-page.ts',
    'vendor/..%2F..%2F..%2Fpackage.json',
  ])('%s is not among its files', async (name) => {
    expect((await proxy.send(`/ui/assets/${name}`)).status).toBe(404);
  });

  test('a page of another site can show it in no frame, and cannot load its files', async () => {
    const frame = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'iframe',
    };
    expect((await proxy.send('/ui', undefined, frame)).status).toBe(403);
    const script = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' };
    expect((await proxy.send('/ui/assets/main.ts', undefined, script)).status).toBe(403);
  });
});
