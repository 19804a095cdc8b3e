/**
 * `bun scripts/fuzz-api.ts` sends made-up requests to every operation of the API description, with schemathesis, against
 * the mock: right ones, wrong ones, other methods, no key. It checks that nothing fails inside, and that every answer has a
 * status, a type, headers and a body that the description names. Where there is no Python, or no schemathesis can be
 * installed, one line says so, and nothing is checked. Exit 1 where a check fails.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HealthAnswer } from '../src/http/api-description/answers.ts';
import { OPERATIONS } from '../src/http/api-description/operations.ts';
import { startProxy } from '../tests/support/programs/proxy-process.ts';

const VERSION = '4.32.5';
const ROOT = join(import.meta.dir, '..');
const VENV = join(ROOT, '.cache', `schemathesis-${VERSION}`);
const PROGRAM = join(VENV, 'bin', 'schemathesis');
const CONFIG = join(import.meta.dir, 'fuzz', 'schemathesis.toml');
const KEY = 'a-key-of-this-proxy';

/** Cases for each operation in the phase of chance. The other phases count theirs themselves. */
const MOST_CASES = 40;
/** For all phases together. */
const MOST_SECONDS = 60;
/** The same cases in each run, so that a failure can be seen again. */
const SEED = 1;
/** Milliseconds after which the run is ended, whatever is left to try. */
const MOST_MS = 300_000;

async function run(command: readonly string[], cwd: string, timeout = MOST_MS) {
  const child = Bun.spawn([...command], { cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', timeout });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, text: `${out}${err}` };
}

/** Why there is no schemathesis; undefined once there is. */
async function install(): Promise<string | undefined> {
  if (existsSync(PROGRAM)) return undefined;
  const python = Bun.which('python3');
  if (python === null) return 'no python3 on this machine';
  for (const command of [
    [python, '-m', 'venv', VENV],
    [join(VENV, 'bin', 'pip'), 'install', '--quiet', '--retries', '1', `schemathesis==${VERSION}`],
  ]) {
    const { code, text } = await run(command, ROOT);
    if (code === 0) continue;
    rmSync(VENV, { recursive: true, force: true });
    return `${command.slice(1).join(' ')}: ${text.trim().split('\n').at(-1)}`;
  }
  return undefined;
}

/** Runs schemathesis in `folder`, and returns its report. */
async function fuzz(url: string, folder: string) {
  const report = join(folder, 'report.json');
  const { code, text } = await run(
    [
      PROGRAM,
      ...['--config-file', CONFIG, 'run', `${url}/swagger/json`],
      ...['--header', `x-api-key: ${KEY}`],
      ...[
        '--phases',
        'examples,coverage,fuzzing',
        '--max-examples',
        String(MOST_CASES),
        '--max-time',
        String(MOST_SECONDS),
      ],
      ...['--continue-on-failure', '--no-shrink', '--warnings', 'off', '--seed', String(SEED)],
      ...['--report', 'json', '--report-json-path', report],
    ],
    folder,
  );
  const told = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as Report) : undefined;
  return { code, text, report: told };
}

type Report = {
  complete: boolean;
  operations: { tested: number };
  test_cases: { generated: number };
  failures: { check?: string; title?: string; operation?: string }[];
  errors: { title: string; count: number }[];
};

const missing = await install();
if (missing !== undefined) {
  console.log(`skipped: made-up requests for every operation (${missing})`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const proxy = await startProxy({
    folder,
    env: { BACKEND: 'mock', PROXY_API_KEY: KEY },
  });
  const begun = performance.now();
  const { code, text, report } = await fuzz(proxy.url, folder);
  const seconds = Math.round((performance.now() - begun) / 1000);
  const health = (await (await fetch(`${proxy.url}/health`)).json()) as HealthAnswer;
  await proxy.stop();
  rmSync(folder, { recursive: true, force: true });
  const ended = report?.operations.tested === Object.keys(OPERATIONS).length;
  const failed = (report?.failures.length ?? 0) + (report?.errors.length ?? 0);
  if (code !== 0 || !ended) console.log(text);
  console.log(
    `schemathesis ${VERSION}: ${report?.operations.tested ?? 0} operations, ${report?.test_cases.generated ?? 0} cases, ${failed} failures, ${health.errors['api_error'] ?? 0} server errors, ${seconds} s`,
  );
  const problems = code === 0 && ended ? 0 : Math.max(1, failed);
  console.log(`checks: ${problems === 0 ? Object.keys(OPERATIONS).length : 0} ok, ${problems} failed`);
  process.exitCode = problems > 0 ? 1 : 0;
}
