/**
 * `bun scripts/first-run.ts [--claude 2.1.330] [--only clone|package|executable]`: what a newcomer with npm alone lives through, in figures. From a clone of the
 * last commit, from the npm package, and from the executable, each without a key and with one (for a stand-in for Google): how long until the real
 * Claude Code gets its first answer. What is installed then runs without a network. Takes some minutes, as all is downloaded anew; exit 0 where every answer came
 * within its minute, and nobody beyond this machine was asked.
 */
import { appendFileSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import ownPackage from '../package.json' with { type: 'json' };
import { CLAUDE_CODE_VERSIONS, installClaudeCode } from '../tests/support/clients/claude-code.ts';
import { buildExecutable, pack, run } from '../tests/support/programs/installed.ts';
import { commandLine, slip } from './command-line/command-line.ts';
import { type FirstAnswer, firstAnswer, LIMIT_MS, PRINT } from './first-run/first-answer.ts';
import { Newcomer } from './first-run/newcomer.ts';
import { type Ran, type Run, startGemini } from './first-run/runs.ts';

const ROOT = join(import.meta.dir, '..');
const FORMS = ['clone', 'package', 'executable'] as const;
const BUN = `bun@${ownPackage.devDependencies['bun-types']}`;
const WIDTH = 34;

const { values } = commandLine({
  name: 'bun scripts/first-run.ts',
  about:
    'Measures what a newcomer with npm alone lives through, from a clone, the package and the executable',
  options: { claude: { type: 'string', default: CLAUDE_CODE_VERSIONS[0] }, only: { type: 'string' } },
});
const forms = FORMS.filter((form) => values.only === undefined || values.only === form);
if (forms.length === 0) slip(`--only: one of ${FORMS.join(', ')}`);

let failures = 0;
const tell = (name: string, text: string) => console.log(`${name.padEnd(WIDTH)}${text}`);

function tellAnswer(name: string, hasKey: boolean, answer: FirstAnswer, more = ''): void {
  const why = !answer.ok ? answer.why : isMock(answer.output) === hasKey ? WRONG_SOURCE : undefined;
  if (why !== undefined) failures += 1;
  if (answer.ok && why === undefined)
    tell(name, `${inSeconds(answer.seconds)}  ${answer.text.slice(0, 32)}…${more}`);
  else tell(name, `FAILED: ${why}\n${answer.output}`);
}

/** What the launch says where there is no key. */
const isMock = (output: string): boolean => output.includes('MOCK: no model answers');
const WRONG_SOURCE = 'the mock must answer where there is no key, and nowhere else';

const inSeconds = (seconds: number): string => `${seconds.toFixed(1).padStart(5)} s`;

/** Seconds. */
async function timed(name: string, work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  const seconds = (performance.now() - since) / 1_000;
  tell(name, inSeconds(seconds));
  return seconds;
}

async function must(command: readonly string[], cwd: string, env: Record<string, string>): Promise<void> {
  const { code, out, err } = await run(command, cwd, env);
  if (code !== 0) throw new Error(`${command.join(' ')}: exit ${code}\n${out}${err}`);
}

// ── from a clone ──────────────────────────────────────────────────────────────────────────────────────────────

/** The README's commands for npm alone. The time begins before the clone. */
async function fromClone(claude: string, hasKey: boolean): Promise<void> {
  const user = new Newcomer(claude);
  const gemini = hasKey ? await startGemini() : undefined;
  const since = performance.now();
  await must(['git', 'clone', '--quiet', ROOT, 'proxy'], user.root, user.env);
  const clone = join(user.root, 'proxy');
  if (gemini) {
    copyFileSync(join(clone, '.env.example'), join(clone, '.env'));
    const lines = Object.entries(gemini.env).map(([name, value]) => `${name}=${value}\n`);
    appendFileSync(join(clone, '.env'), `\n${lines.join('')}`);
  }
  const project = user.emptyFolder('project');
  const command = ['npx', '-y', BUN, 'run', 'claude', '--folder', project, '--', ...PRINT];
  const answer = await firstAnswer({ command, cwd: clone, env: user.env }, since);
  tellAnswer(`clone, ${withKey(hasKey)}`, hasKey, answer);
  gemini?.stop();
}

const withKey = (hasKey: boolean): string => (hasKey ? 'with a key' : 'without a key');

// ── installed, and then without a network ─────────────────────────────────────────────────────────────────────

/** `seconds`: how long a user waits for the installation. Whoever makes a package or an executable is another user. */
type Installed = { program: string; seconds: number };

async function installPackage(user: Newcomer): Promise<Installed> {
  const { tarball } = await pack(user.root);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  const seconds = await timed('npm install -g', () =>
    must(['npm', 'install', '-g', ...options, tarball], user.home, user.env),
  );
  return { program: join(user.home, '.npm-global/bin/gemini-claude-proxy'), seconds };
}

async function build(user: Newcomer): Promise<Installed> {
  const [program = ''] = await buildExecutable(join(user.root, 'gemini-claude-proxy'));
  return { program, seconds: 0 };
}

/** A place in which there is nothing but loopback, where this machine has one for us. */
const WITHOUT_NETWORK = ['unshare', '-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
/** Else every request of a program that knows of HTTP proxies comes to a port at which nobody listens. */
const NO_WAY = 'http://127.0.0.1:9';

async function canCutOff(): Promise<boolean> {
  if (!Bun.which('unshare') || !Bun.which('ip')) return false;
  return (await run([...WITHOUT_NETWORK, 'true'], ROOT, { PATH: process.env['PATH'] ?? '' })).code === 0;
}

async function runOffline(runs: readonly Run[], isCutOff: boolean): Promise<Ran[]> {
  const child = Bun.spawn(
    [...(isCutOff ? WITHOUT_NETWORK : []), process.execPath, join(ROOT, 'scripts/first-run/runs.ts')],
    {
      stdin: new Blob([JSON.stringify(runs)]),
      stdout: 'pipe',
      stderr: 'inherit',
    },
  );
  const out = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`the runs without a network ended with ${child.exitCode}`);
  return JSON.parse(out) as Ran[];
}

function tellOffline({ name, hasKey, answer, beyond }: Ran, installing: number): void {
  const [ours, theirs] = [beyond?.ours ?? [], beyond?.client ?? []];
  if (ours.length > 0) failures += 1;
  const nobody = (list: readonly string[]) => (list.length === 0 ? 'nobody' : list.join(', '));
  const asked = beyond
    ? `  beyond this machine the program asked ${nobody(ours)}, Claude Code ${nobody(theirs)}`
    : '';
  tellAnswer(
    name,
    hasKey,
    counted(answer, installing),
    `${installing > 0 ? '  (with the installation)' : ''}${asked}`,
  );
}

/** With the installation before it. */
function counted(answer: FirstAnswer, installing: number): FirstAnswer {
  const seconds = answer.ok ? answer.seconds + installing : 0;
  if (!answer.ok) return answer;
  if (seconds * 1_000 <= LIMIT_MS) return { ...answer, seconds };
  return { ok: false, why: `it took ${seconds.toFixed(1)} s with the installation`, output: answer.output };
}

async function fromInstalled(form: 'package' | 'executable', claude: string): Promise<void> {
  const user = new Newcomer(claude);
  const { program, seconds } = await (form === 'package' ? installPackage(user) : build(user));
  const isCutOff = await canCutOff();
  const detour = { HTTP_PROXY: NO_WAY, HTTPS_PROXY: NO_WAY, NO_PROXY: '127.0.0.1,localhost' };
  const trace = Bun.which('strace') ? { trace: join(user.root, 'trace') } : {};
  const runs = [false, true].map(
    (hasKey): Run => ({
      name: `${form}, offline, ${withKey(hasKey)}`,
      command: [program, 'claude', '--', ...PRINT],
      cwd: user.emptyFolder(hasKey ? 'with-key' : 'without-key'),
      env: { ...user.env, ...(isCutOff ? {} : detour) },
      hasKey,
      ...trace,
    }),
  );
  const all = await runOffline(runs, isCutOff);
  for (const [at, one] of all.entries()) tellOffline(one, at === 0 ? seconds : 0);
}

/** How far "offline" was proved on this machine. */
async function tellMeans(): Promise<void> {
  const cut = (await canCutOff())
    ? 'in a network namespace with loopback alone'
    : `no unshare: requests go to an HTTP proxy that is not there (${NO_WAY})`;
  const seen = Bun.which('strace')
    ? 'strace sees every connection, and slows down'
    : 'no strace: connections are not looked at';
  console.log(`Offline: ${cut}; ${seen}\n`);
}

const version = CLAUDE_CODE_VERSIONS.find((known) => known === values.claude);
if (version === undefined) throw new Error(`--claude: one of ${CLAUDE_CODE_VERSIONS.join(', ')}`);
const installed = await installClaudeCode(version);
if (!installed.ok) throw new Error(`Claude Code ${version}: ${installed.reason}`);
console.log(
  `First answer of Claude Code ${version}: npm and no Bun, an empty home, at most ${LIMIT_MS / 1_000} s with the installation`,
);
await tellMeans();
for (const form of forms) {
  if (form === 'clone') for (const hasKey of [false, true]) await fromClone(installed.path, hasKey);
  else await fromInstalled(form, installed.path);
}
console.log(failures === 0 ? '\nall well' : `\n${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
