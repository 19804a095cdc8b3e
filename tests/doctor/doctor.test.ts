/** How the doctor tells what it has found. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS, doctor } from '../../src/doctor/doctor.ts';
import { BAD_KEY, DoctorBench, GOOD_KEY, type Report, SILENT_PROGRAM } from '../support/doctor/doctor.ts';
import { openGoogleCloud } from '../support/google/google-cloud.ts';
import { exists, gone } from '../support/programs/launch.ts';
import { textChunk } from '../support/proxy.ts';

let bench: DoctorBench;
beforeEach(() => {
  bench = new DoctorBench();
});
afterEach(() => bench.clear());

describe('for people', () => {
  test('the findings of all checks come in the order of the list, then the sum of them', async () => {
    bench.removeClient();
    const { out, err, exitCode } = await bench.runProcess();
    const names = [...out.matchAll(/^(?:ok|hint|STOPS) +([a-z]+(?: [a-z]+)?) /gm)].map(([, name]) => name);
    expect([...new Set(names)]).toEqual(CHECKS.map(({ name }) => name));
    expect(out).toContain('STOPS claude code Claude Code is not installed');
    expect(out).toMatch(/→ Install it: `curl .*` or `npm install -g @anthropic-ai\/claude-code`\./);
    expect(out).toEndWith('\n1 of these would stop a session.\n');
    expect(err).toBe('');
    expect(exitCode).toBe(1);
  });

  test('a setting of .env is told with the place of that file', async () => {
    bench.write('.env', 'REQUEST_TIMEOUT=soon\n');
    const { out } = await bench.runProcess();
    expect(out).toContain(`→ Correct REQUEST_TIMEOUT in \`${bench.root}/.env\`, or`);
  });

  test('what stands in .env is deleted there: no shell can unset it', async () => {
    bench.write('.env', 'REQUEST_TIMEOUT=soon\nDATA_DIR=bin/claude/data\n');
    const { out } = await bench.runProcess();
    const line = (name: string) => `delete the line of ${name} from \`${bench.root}/.env\``;
    expect(out).toContain(line('REQUEST_TIMEOUT'));
    expect(out).toContain(line('DATA_DIR'));
    expect(out).not.toContain('unset');
    bench.env['DATA_DIR'] = 'bin/claude/other';
    expect((await bench.runProcess()).out).toContain('`unset DATA_DIR`');
  });

  test('a model that is about to go is told, with the setting that names it', async () => {
    bench.env['SMALL_MODEL'] = 'gemini-2.5-flash';
    const { out } = await bench.runProcess();
    expect(out).toContain(
      'SMALL_MODEL: Google answers gemini-2.5-flash with gemini-3.5-flash-lite from 2026-12-01 on',
    );
  });

  test('what is under way is told on a terminal, and is wiped away', async () => {
    let err = '';
    const ports = bench.ports({ hasTerminal: true, err: (text) => (err += text) });
    await doctor(['--folder', bench.project], ports);
    expect(err).toBe(CHECKS.map(({ name }) => `…     ${name}\r\u001b[K`).join(''));
  });
});

describe('for programs', () => {
  test('--json prints one object, with all checks', async () => {
    const { out, exitCode } = await bench.runProcess('--json');
    const report = JSON.parse(out);
    expect(report).toMatchObject({ ok: true, version: expect.any(String) });
    expect(report.checks.map(({ name }: { name: string }) => name)).toEqual(CHECKS.map(({ name }) => name));
    expect(exitCode).toBe(0);
  });

  test.each([
    [['--nonsense'], '--nonsense: there is no such flag'],
    [['--folder'], '--folder: which one?'],
    [['--folder', '/no/such/folder'], 'is no folder'],
    [['--port', 'eighty'], '--port: '],
  ])('%p cannot be meant: exit code 2', async (argv, says) => {
    let [out, err] = ['', ''];
    const ports = bench.ports({ out: (text) => (out += text), err: (text) => (err += text) });
    expect(await doctor(argv, ports)).toBe(2);
    expect(err).toContain(says);
    expect(out).toBe('');
  });

  test('flags of the proxy count as they do at its start', async () => {
    const { findings } = await bench.run('--small-model', 'gemini-3.8-flash');
    expect(findings[0]?.what).toContain('haiku → gemini-3.8-flash');
  });
});

describe('no secret is told', () => {
  test.each([
    ['a key in the place of another setting', { REQUEST_TIMEOUT: GOOD_KEY }, GOOD_KEY],
    ['a password in a base URL', { ANTHROPIC_BASE_URL: 'http://me:hush-hush@127.0.0.1:1' }, 'hush-hush'],
    [
      "a token of Claude Code's in the place of a model",
      { ANTHROPIC_AUTH_TOKEN: 'tok-0123456789', BIG_MODEL: 'tok-0123456789' },
      'tok-0123456789',
    ],
  ])('%s', async (_, env, secret) => {
    Object.assign(bench.env, env);
    let text = '';
    const ports = bench.ports({ out: (part) => (text += part), err: (part) => (text += part) });
    await doctor(['--folder', bench.project], ports);
    await doctor(['--folder', bench.project, '--json'], ports);
    expect(text).toContain('***');
    expect(text).not.toContain(secret);
  });
});

describe('one mistake hides no other', () => {
  test('of the settings', async () => {
    Object.assign(bench.env, { REQUEST_TIMEOUT: 'soon', MAX_RETRIES: 'many', BACKEND: 'vertex' });
    const { findings } = await bench.run();
    const stopped = findings
      .filter(({ level }) => level === 'stops')
      .map(({ what }) => what.split(':')[0] ?? '');
    expect(stopped.sort()).toEqual(['BACKEND', 'MAX_RETRIES', 'REQUEST_TIMEOUT']);
  });

  test('of a check that does not come to an end', async () => {
    bench.limit = { ms: 15_000, when: (act) => act() };
    bench.env['ANTHROPIC_BASE_URL'] = bench.serve(() => new Promise<Response>(() => {}));
    const { findings } = await bench.run();
    const late = findings.filter(({ what }) => what.startsWith('this check did not come to an end'));
    expect(late.map(({ check }) => check)).toContain('connection');
    expect(findings.some(({ check }) => check === 'keys')).toBe(true);
  });
});

describe('Gemini is asked', () => {
  test('once for each key and model, however many checks want to know', async () => {
    bench.env['API_KEYS'] = `${GOOD_KEY},${GOOD_KEY}2,${BAD_KEY}`;
    await bench.run();
    const { asked } = bench.google;
    expect(asked.filter((each) => each.startsWith('GET'))).toHaveLength(3);
    // Two models for three keys, and the two ends of thinking for each model with one key.
    expect(asked.filter((each) => each.startsWith('POST'))).toHaveLength(3 * 2 + 2 * 2);
  });

  test('never, where the mock answers', async () => {
    bench.env['BACKEND'] = 'mock';
    await bench.run();
    expect(bench.google.asked).toEqual([]);
  });
});

describe('a signal', () => {
  test('ends what the checks have started, and then the doctor', async () => {
    const script = bench.write('servers/silent.ts', SILENT_PROGRAM);
    const file = join(bench.root, 'child');
    bench.addMcp('mute', { command: process.execPath, args: [script, file] });
    const running = bench.start();
    await exists(file);
    running.kill('SIGINT');
    expect(await running.exited).toBe(130);
    await gone(Number(readFileSync(file, 'utf8')));
  });
});

describe('Vertex AI', () => {
  const onVertex = (env: Record<string, string>, credentials: string) => {
    delete bench.env['GEMINI_API_KEY'];
    Object.assign(bench.env, env, { GOOGLE_APPLICATION_CREDENTIALS: credentials });
  };
  const whole = () => Response.json(textChunk('Hi', 'STOP'));
  const of = ({ findings }: Report, check: string) => findings.filter((finding) => finding.check === check);

  test('that answers is told with its project, and nothing is wrong', async () => {
    using cloud = await openGoogleCloud(whole);
    onVertex(cloud.env(), cloud.serviceAccount);
    const report = await bench.run();
    expect(report.findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(of(report, 'network')[0]?.what).toEndWith(' is reached');
    expect(of(report, 'keys')[0]?.what).toBe(
      'canary-project in us-central1 reaches gemini-4-argon, gemini-4-hydrogen',
    );
    expect(report.out).not.toContain('canary-client-secret');
  });

  test('whose credentials are refused leads to what to run', async () => {
    using cloud = await openGoogleCloud(whole, () =>
      Response.json({ error: 'invalid_grant', error_description: 'Revoked.' }, { status: 400 }),
    );
    onVertex(cloud.env(), cloud.user);
    const [finding] = of(await bench.run(), 'keys');
    expect(finding).toMatchObject({
      level: 'stops',
      what: expect.stringMatching(/^canary-project in us-central1: .*invalid_grant: Revoked\./),
      fix: expect.stringContaining('`gcloud auth application-default login`'),
    });
  });

  test('without a project and a place leads to the lines to set', async () => {
    bench.env['BACKEND'] = 'vertex';
    const finding = of(await bench.run(), 'settings').find(({ level }) => level === 'stops');
    expect(finding).toMatchObject({
      fix: expect.stringMatching(
        /`GOOGLE_CLOUD_PROJECT=<id>` and `GOOGLE_CLOUD_LOCATION=<global or a region>`\.$/,
      ),
    });
  });
});
