/** The npm package and the executable, as a user without a clone has them: in an empty folder, with Node and no Bun of the user's. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ownPackage from '../../package.json' with { type: 'json' };
import { connectToEach } from '../support/clients/worker-connection.ts';
import {
  buildExecutable,
  EmptyPlace,
  installPackage,
  type Packed,
  pack,
  run,
} from '../support/programs/installed.ts';
import { startProxy } from '../support/programs/proxy-process.ts';

const LONG_MS = 120_000;
/** More than Bun sends at a time where nobody tells it otherwise. */
const MANY = 300;
const DATA = '.local/share/gemini-claude-proxy';

const tools = ['npm', 'node'].filter((program) => !Bun.which(program));
if (tools.length > 0) console.warn(`the npm package is not tested: ${tools.join(' and ')} not found`);

const built = mkdtempSync(join(tmpdir(), 'built-'));
// Some hundred megabytes: a busy disk needs longer than a hook usually has.
afterAll(() => rmSync(built, { recursive: true, force: true }), LONG_MS);

let place: EmptyPlace;
beforeEach(() => {
  place = new EmptyPlace();
  // Found before any real one: whoever starts the user's Bun fails.
  place.write('bin/bun', '#!/bin/sh\nexit 99\n');
  chmodSync(join(place.root, 'bin/bun'), 0o755);
});
afterEach(() => place.clear());

let packed: Packed;
const FORMS = [
  {
    form: 'the npm package',
    skip: tools.length > 0,
    make: async () => {
      packed = await pack(built);
      return installPackage(packed.tarball, join(built, 'package'));
    },
  },
  { form: 'the executable', skip: false, make: () => buildExecutable(join(built, 'proxy')) },
];

const question = (model: string, prompt: string) =>
  JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content: prompt }] });

const ask = (url: string, prompt: string) =>
  fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'dummy', 'anthropic-version': '2023-06-01' },
    body: question('claude-sonnet-4-5', prompt),
  });

describe.each(FORMS.filter(({ skip }) => !skip))('$form', ({ make }) => {
  let command: string[];
  beforeAll(async () => {
    command = await make();
  }, LONG_MS);

  const runHere = (args: readonly string[], env?: Record<string, string>) =>
    run([...command, ...args], place.here, place.environment(env));
  const serve = (args: readonly string[], env: Record<string, string> = {}) =>
    startProxy({
      folder: place.here,
      command: [...command, ...args],
      env: place.environment({ DATA_DIR: '', ...env }),
    });

  test('tells its version, its commands, and that a word is no command', async () => {
    expect(await runHere(['--version'])).toEqual({ code: 0, out: `${ownPackage.version}\n`, err: '' });
    const help = await runHere(['--help']);
    expect(help.out).toMatch(/^ {2}replay +Serve what was recorded/m);
    expect(help.out).toContain('--max-retries');
    expect(help.out).not.toContain('bun run');
    expect(await runHere(['serve'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^serve: there is no such command\n/),
    });
  });

  test('the mock answers, the pages are there, data is kept for the user, and the folder stays empty', async () => {
    const proxy = await serve(['mock', '--mock-pace', 'instant']);
    try {
      const answer = await ask(proxy.url, 'create hello.py that prints hello and run it');
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ type: 'message', role: 'assistant' });
      for (const path of ['', '/swagger-ui.css', '/swagger-ui-bundle.js', '/page.css', '/page.js', '/json']) {
        const page = await fetch(`${proxy.url}/swagger${path}`);
        expect([path, page.status, (await page.text()).length > 400]).toEqual([path, 200, true]);
      }
      for (const path of ['', '/assets/main.ts', '/assets/page.css', '/assets/vendor/preact.mjs']) {
        const page = await fetch(`${proxy.url}/ui${path}`);
        expect([path, page.status, (await page.text()).length > 20]).toEqual([path, 200, true]);
      }
    } finally {
      await proxy.stop();
    }
    expect(readdirSync(join(place.home, DATA))).toContain('signatures.sqlite');
    expect(place.left()).toEqual([]);
  }, 60_000);

  test.skipIf(process.platform !== 'linux')(
    'serves with several processes of its own',
    async () => {
      const proxy = await serve(['--workers', '2']);
      try {
        for (const worker of await connectToEach(proxy.url, 2))
          expect((await worker.health()).shared).toMatchObject({ kind: 'workers', state: 'connected' });
      } finally {
        await proxy.stop();
      }
      expect(await proxy.exited).toBe(0);
      expect(place.left()).toEqual([]);
    },
    60_000,
  );

  test('records under a name, and replays it with the same bytes', async () => {
    const texts: string[] = [];
    for (const args of [
      ['record', 'first', '--backend', 'mock'],
      ['replay', 'first'],
    ]) {
      const proxy = await serve(args);
      texts.push(await (await ask(proxy.url, 'take the tour')).text().finally(proxy.stop));
    }
    expect(texts[0]).toContain('"type":"message"');
    expect(texts[1]).toBe(texts[0] ?? '');
    expect(readdirSync(join(place.home, DATA, 'recordings'))).toEqual(['first']);
    expect(await runHere(['replay', 'first', '--verify'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('0 problems'),
    });
    expect(place.left()).toEqual([]);
  }, 60_000);

  test("writes Claude Code's settings, and says how this program takes them back", async () => {
    const { code, err } = await runHere(['claude', '--write-settings', '--yes', '--port', '1']);
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining(' claude --undo') });
    expect(err).not.toContain('bun run');
    expect(await runHere(['claude', '--undo'])).toMatchObject({ code: 0 });
    expect(place.left()).toEqual([]);
  }, 60_000);

  test('plays a demo', async () => {
    const demo = ['demo', '--client', 'scripted', '--pace', 'instant'];
    expect(await runHere(demo)).toMatchObject({
      code: 0,
      out: expect.stringContaining('made       README.md, tally.sh, test.sh'),
    });
    expect(place.left()).toEqual([]);
  }, 60_000);

  test("nothing of a project's folder changes how it is loaded or set", async () => {
    place.write('here/bunfig.toml', 'preload = ["./boom.ts"]\n');
    place.write('here/tsconfig.json', '{ "compilerOptions": { "paths": { "*": ["./boom.ts"] } } }');
    place.write('here/boom.ts', 'throw new Error("a file of the project was run");');
    place.write('here/fixtures/scenarios/bad.yaml', 'not: a scenario');
    place.write('here/.env', 'GEMINI_API_KEY=of-the-project\nLOG_LEVEL=loud\n');
    const proxy = await serve([]);
    const health = await fetch(`${proxy.url}/health`);
    expect(await health.json()).toMatchObject({ status: 'healthy', backend: 'mock' });
    await proxy.stop();
    expect(proxy.output()).toContain(`GEMINI_API_KEY of ${join(place.here, '.env')} is not used`);
  }, 60_000);

  test("takes settings from the user's own file", async () => {
    place.write('home/.config/gemini-claude-proxy/.env', 'BACKEND=mock\nSMALL_MODEL=gemini-3.8-flash\n');
    const proxy = await serve([]);
    await proxy.stop();
    expect(proxy.output()).toContain('haiku → gemini-3.8-flash');
  }, 60_000);

  test('`doctor` names the file that settings belong in', async () => {
    const { out } = await runHere(['doctor', '--json'], { PORT: '0' });
    const file = join(place.home, '.config/gemini-claude-proxy/.env');
    expect(out).toContain(`put it into ${file}`);
    expect(place.left()).toEqual([]);
  }, 60_000);

  test('killed without a word, it leaves no proxy behind', async () => {
    const proxy = await serve(['mock']);
    process.kill(proxy.pid, 'SIGKILL');
    await notServedAnyMore(proxy.url);
    await proxy.stop();
    expect(fetch(proxy.url)).rejects.toThrow();
  }, 60_000);

  test(`asks for ${MANY} answers at a time`, async () => {
    let asked = 0;
    const all = Promise.withResolvers<void>();
    using google = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      idleTimeout: 0,
      fetch: async () => {
        asked++;
        if (asked === MANY) all.resolve();
        await all.promise;
        return Response.json({
          candidates: [
            { content: { role: 'model', parts: [{ text: 'here' }] }, finishReason: 'STOP', index: 0 },
          ],
          usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
        });
      },
    });
    const proxy = await serve([], {
      GEMINI_API_KEY: 'AIza-invented',
      GOOGLE_GEMINI_BASE_URL: google.url.origin,
      FORCE_DISABLE_STREAMING: 'true',
      LOG_LEVEL: 'error',
    });
    try {
      // A client in another process: this one sends no more than Bun's own limit either.
      const client = await run([process.execPath, '-e', MANY_QUESTIONS], place.here, {
        URL: `${proxy.url}/v1/messages`,
        BODY: question('claude-sonnet-4-5', 'Where are you?'),
        BUN_CONFIG_MAX_HTTP_REQUESTS: '4096',
      });
      expect(client).toEqual({ code: 0, out: `${MANY}\n`, err: '' });
    } finally {
      await proxy.stop();
    }
  }, 60_000);

  test('`claude` starts a proxy for Claude Code, and ends it', async () => {
    const told = join(place.root, 'told.json');
    const client = `#!${process.execPath}
const health = await fetch(process.env.ANTHROPIC_BASE_URL + '/health');
await Bun.write(${JSON.stringify(told)}, JSON.stringify({ health: await health.json(), args: process.argv.slice(2) }));
`;
    place.write('bin/claude', client);
    chmodSync(join(place.root, 'bin/claude'), 0o755);
    place.write('here/.env', 'LOG_LEVEL=loud\nREDIS_URL=nonsense\n');
    const { code, err } = await runHere(['claude', '--', '-p', 'hello'], { PORT: '0' });
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('The proxy has ended.') });
    expect(await Bun.file(told).json()).toMatchObject({
      health: { status: 'healthy', backend: 'mock' },
      args: expect.arrayContaining(['-p', 'hello']),
    });
  }, 60_000);
});

/** The test's own limit ends the wait. */
async function notServedAnyMore(url: string): Promise<void> {
  const answers = () =>
    fetch(`${url}/livez`).then(
      () => true,
      () => false,
    );
  while (await answers()) await Bun.sleep(50);
}

const MANY_QUESTIONS = `
const { URL: url, BODY: body } = process.env;
const headers = { 'content-type': 'application/json', 'x-api-key': 'dummy', 'anthropic-version': '2023-06-01' };
const ask = () => fetch(url, { method: 'POST', headers, body }).then((answer) => answer.status);
const statuses = await Promise.all(Array.from({ length: ${MANY} }, ask));
console.log(statuses.filter((status) => status === 200).length);
`;

test.skipIf(tools.length > 0)(
  'the package is small, and holds what runs, and the pages that its messages name',
  () => {
    // Of what it holds, each kilobyte is source that runs: it grows with what the program can do.
    expect(packed.size).toBeLessThan(1_300_000);
    // Another test holds the list of pages to what the program names.
    const pages = ownPackage.files.filter((path) => path.startsWith('docs/'));
    const others = packed.files.filter(
      (path) =>
        !/^(?:bin|src|fixtures\/scenarios)\/|^[A-Z]+(?:\.md)?$|^package\.json$|^\.env\.example$/.test(path) &&
        !pages.includes(path),
    );
    expect(others).toEqual([]);
    expect(packed.files.filter((path) => /\.test\.|\.(?:png|gif|jpe?g)$/.test(path))).toEqual([]);
    for (const name of readdirSync(join(import.meta.dir, '../../fixtures/scenarios')))
      expect(packed.files).toContain(`fixtures/scenarios/${name}`);
  },
);
