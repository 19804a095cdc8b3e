/** The package's calls under Node, where the proxy is a program of its own: it answers the same, and never outlives its test. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ownPackage from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dir, '../..');
const node = Bun.which('node');
if (!node) console.warn('the package is not tested under Node: node not found');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'testing-node-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const COMMON = `
const ask = async (url, prompt) => {
  const headers = { 'content-type': 'application/json', 'x-api-key': 'dummy', 'anthropic-version': '2023-06-01' };
  const body = JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 9, messages: [{ role: 'user', content: prompt }] });
  const answer = await fetch(url + '/v1/messages', { method: 'POST', headers, body });
  await answer.text();
  return answer.status;
};
const tell = (...values) => console.log(JSON.stringify(values));
const whyNot = (starting) => starting.then(() => 'it started', (error) => error.message);
`;
const IMPORT = `import { connect, startMock, startProxy, startReplay } from '${ownPackage.name}';`;

const LOADER = `
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) register(import.meta.url);
const sourceOf = (url) => readFileSync(new URL(url), 'utf8');
export async function load(url, context, next) {
  if (url.endsWith('.json'))
    return { format: 'module', source: 'export default ' + sourceOf(url), shortCircuit: true };
  const loaded = await next(url, context);
  return loaded.format === 'commonjs' ? { ...loaded, source: sourceOf(url) } : loaded;
}
`;

/** Runs in the folder of the package, from where Node finds the package by its own name. */
function run(program: string, env: Record<string, string> = {}, type = 'module') {
  const child = Bun.spawn([node ?? '', `--input-type=${type}`, '-e', `${COMMON}${program}`], {
    cwd: ROOT,
    env: { PATH: `${dirname(node ?? '')}:/usr/bin:/bin`, HOME: folder, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  return { child, out: new Response(child.stdout).text(), err: new Response(child.stderr).text() };
}

async function told(program: string, env?: Record<string, string>, type?: string) {
  const { child, out, err } = run(program, env, type);
  const code = await child.exited;
  const lines = (await out).split('\n').filter((line) => line !== '');
  return { code, err: await err, lines: lines.map((line): unknown => JSON.parse(line)) };
}

describe.skipIf(!node)('under Node', () => {
  test('a mock answers, and tells what it was asked, here and to others', async () => {
    const program = `${IMPORT}
const mock = await startMock();
tell(await ask(mock.url, 'hello'));
const last = await mock.lastRequest();
tell(last.body.messages[0].content, last.answer.status, (await connect(mock.url).requests()).length);
const locked = await startMock({ settings: { PROXY_API_KEY: 'a-key' } });
tell((await locked.requests()).length, (await connect(locked.url, { key: 'a-key' }).requests()).length);
await locked.stop();
await Promise.all([mock.stop(), mock.stop()]);
tell(await whyNot(mock.requests()));`;
    expect(await told(program)).toEqual({
      code: 0,
      err: '',
      lines: [
        [200],
        ['hello', 200, 1],
        [0, 0],
        [expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/)],
      ],
    });
  }, 30_000);

  test('whatever characters are in a scenario, or in the reason why there is no mock', async () => {
    const { lines } = await told(`${IMPORT}
      const scenarios = { name: 'odd', description: 'x', rules: [{ name: 'r', text: 'a\\u2028b\\u2029c\\rd' }] };
      const mock = await startMock({ scenarios });
      tell(await ask(mock.url, 'hello'), (await mock.lastRequest()).answer.source);
      await mock.stop();
      tell(await whyNot(startMock({ scenarios: { ...scenarios, prompt: '/(\\u2028/' } })));
    `);
    expect(lines).toEqual([
      [200, 'odd/r'],
      [expect.stringContaining('prompt: not a regular expression: (\u2028')],
    ]);
  });

  test('`require` gives the same calls', async () => {
    const program = `const { startMock } = require('${ownPackage.name}');
startMock().then(async (mock) => { tell(await ask(mock.url, 'hello')); await mock.stop(); });`;
    expect(await told(program, {}, 'commonjs')).toEqual({ code: 0, err: '', lines: [[200]] });
  }, 30_000);

  test('a loader that makes modules of JSON, as tsx does, has it too', async () => {
    const loader = join(folder, 'loader.mjs');
    writeFileSync(loader, LOADER);
    const { lines, err } = await told(
      `import(${JSON.stringify(ownPackage.name)}).then(({ startMock }) => startMock({ pace: 'slow' })).catch((e) => tell(e.message))`,
      { NODE_OPTIONS: `--import ${pathToFileURL(loader)}` },
      'commonjs',
    );
    expect({ lines, err }).toEqual({ lines: [[expect.stringContaining('startMock: pace')]], err: '' });
  });

  test('a wrong option is the same error as under Bun', async () => {
    const program = `${IMPORT}
tell(await whyNot(startMock({ pace: 'slow' })), await whyNot(startProxy({})), await whyNot(startReplay({ recording: 'nowhere' })));`;
    expect(await told(program)).toEqual({
      code: 0,
      err: '',
      lines: [
        [
          'startMock: pace: expected one of instant, human, got "slow"',
          'startProxy: key: is missing; give a key of Gemini, or any text for a stand-in at `upstream`',
          expect.stringMatching(/^startReplay: recording: nowhere: not a recording/),
        ],
      ],
    });
  }, 30_000);

  test('options that no other program can be told are an error that says so', async () => {
    const program = `${IMPORT}
const circle = { name: 'circle' };
circle.self = circle;
tell(await whyNot(startMock({ scenarios: circle })), await whyNot(startMock({ port: 1n })), await whyNot(startMock(null)));`;
    expect(await told(program)).toEqual({
      code: 0,
      err: '',
      lines: [
        [
          expect.stringMatching(
            /^startMock: the options: another program is started with them, as JSON: .*circular/,
          ),
          expect.stringMatching(
            /^startMock: the options: another program is started with them, as JSON: .*BigInt/,
          ),
          'startMock: the options: expected an object, got "null"',
        ],
      ],
    });
  }, 30_000);

  test("in an archive of Yarn's, where Bun cannot read it, it says what to do", async () => {
    const place = join(folder, 'cache', 'package.zip', 'node_modules', ownPackage.name);
    for (const part of ['bin', 'package.json', 'src/testing'])
      cpSync(join(ROOT, part), join(place, part), { recursive: true });
    const main = JSON.stringify(join(place, ownPackage.main));
    const { lines } = await told(
      `require(${main}).startMock().catch((e) => tell(e.message))`,
      {},
      'commonjs',
    );
    expect(lines).toEqual([[expect.stringContaining('nodeLinker: node-modules')]]);
  });

  test('nothing of the machine leaks in: not its environment, not the file of its user', async () => {
    const own = join(folder, '.config', ownPackage.name);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, '.env'), 'BACKEND=gemini\nGEMINI_API_KEY=AIza-of-the-user\nFAULTS=http-503\n');
    const program = `${IMPORT}
const mock = await startMock();
tell(await ask(mock.url, 'hello'), (await (await fetch(mock.url + '/health')).json()).backend);
await mock.stop();`;
    const env = {
      PORT: '1',
      FAULTS: 'http-500',
      BACKEND: 'vertex',
      PROXY_API_KEY: 'secret',
      LOG_LEVEL: 'loud',
    };
    expect(await told(program, env)).toEqual({ code: 0, err: '', lines: [[200, 'mock']] });
  }, 30_000);

  describe('the program ends with its test', () => {
    const ENDINGS = [
      { name: 'that has forgotten to stop it', last: '', code: 0 },
      { name: 'that exits', last: 'process.exit(3);', code: 3 },
      { name: 'that throws', last: "throw new Error('a crash');", code: 1 },
      { name: 'that is killed', last: "process.kill(process.pid, 'SIGKILL');", code: 137 },
      {
        name: 'that is killed while the program starts',
        last: '',
        early: "process.kill(process.pid, 'SIGKILL');",
        code: 137,
      },
    ];

    test.each(ENDINGS)(
      '$name',
      async ({ last, early = '', code }) => {
        const program = `${IMPORT}
const starting = startMock();
${early}
const mock = await starting;
console.log(mock.url);
${last}`;
        const { child, out } = run(program);
        expect(await child.exited).toBe(code);
        const url = (await out).trim();
        if (early === '') await notServedAnyMore(url);
        await nobodyWorksIn(folder);
      },
      30_000,
    );
  });
});

/** The test's own limit ends the wait. */
async function notServedAnyMore(url: string): Promise<void> {
  const answers = () =>
    fetch(`${url}/livez`).then(
      () => true,
      () => false,
    );
  while (await answers()) await Bun.sleep(20);
}

/** Until no process is left that was given `home` for its home. */
async function nobodyWorksIn(home: string): Promise<void> {
  const environmentOf = (process: string) => {
    try {
      return readFileSync(`/proc/${process}/environ`, 'utf8').split('\0');
    } catch {
      // It has just ended, or it is somebody else's.
      return [];
    }
  };
  const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  if (process.platform !== 'linux') return;
  while (processes().some((name) => environmentOf(name).includes(`HOME=${home}`))) await Bun.sleep(20);
}
