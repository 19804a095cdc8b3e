/**
 * `bun run demo [--scenario name]` starts the mock on a free port, lets the real Claude Code do a task in a new folder,
 * and shows the result. It needs neither network nor key.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compose } from '../../compose/compose.ts';
import { SCENARIOS } from '../../compose/mock-upstream.ts';
import { readConfig } from '../../config/config.ts';
import { asCalled } from '../../config/program.ts';
import { createLogger } from '../../lib/log.ts';
import { systemClock, systemRandom } from '../../lib/ports.ts';
import { readArguments } from '../../lib/program/arguments.ts';
import type { Demo, DemoFile, Scenario } from '../../sim/scenario/types.ts';
import { findScenario, loadScenarios } from '../../sim/scenarios.ts';
import { findClaudeCode, runClaude } from './claude-code.ts';
import { factLine, lineOf, readStreamJson, type Told } from './progress.ts';
import { runScripted } from './scripted-client.ts';
import { Tally } from './tally.ts';

const USUAL = 'build-a-small-cli';
const RUN_MS = 300_000;
/** In the folder of the demo: where the client works. */
const PROJECT = 'project';

const HELP = `bun run demo [--scenario name] [--client claude|scripted] [--pace human|instant] [--folder path]

  --scenario  What is played (default ${USUAL}); --list names them all
  --client    The real Claude Code (the default where it is installed), or a small scripted client
  --pace      human (default): as fast as a model; instant
  --folder    Where to work: in a folder project that is made in it (default: a new temporary folder)
  --list      The scenarios, each with a prompt that it answers
`;

const GET_CLAUDE_CODE =
  'Claude Code is not installed, so a small scripted client does the same task.\nTo get it: npm install -g @anthropic-ai/claude-code';

type Options = { demo: Demo; scenario: string; client: string | undefined; pace: string; folder: string };

const say = (line: string) => void process.stdout.write(`${line}\n`);

function exitWith(line: string, code: number): never {
  (code === 0 ? process.stdout : process.stderr).write(`${line}\n`);
  process.exit(code);
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const FLAGS = {
  scenario: text,
  client: text,
  pace: text,
  folder: text,
  list: flag,
  help: { ...flag, short: 'h' },
};

function readOptions(argv: readonly string[]): Options {
  const { values } = readArguments(argv, FLAGS);
  if (values.help) exitWith(asCalled(HELP), 0);
  const scenarios = loadScenarios(SCENARIOS);
  if (values.list) exitWith(listOf(scenarios), 0);
  const { name, demo } = findScenario(scenarios, values.scenario ?? USUAL);
  if (!demo) throw new Error(`scenario ${name} has no demo; --list names those that have one`);
  const { client, pace = 'human', folder = mkdtempSync(join(tmpdir(), 'gemini-demo-')) } = values;
  if (client !== undefined && client !== 'claude' && client !== 'scripted')
    throw new Error(`--client: expected claude or scripted, got ${client}`);
  if (pace !== 'human' && pace !== 'instant')
    throw new Error(`--pace: expected human or instant, got ${pace}`);
  const project = join(folder, PROJECT);
  if (existsSync(project) && readdirSync(project).length > 0)
    throw new Error(`--folder: ${project} is not empty, and the demo works there; name another folder`);
  return { demo, scenario: name, client, pace, folder };
}

const listOf = (scenarios: readonly Scenario[]): string =>
  scenarios.flatMap(({ name, demo }) => (demo ? [`${name.padEnd(24)}${demo.prompt}`] : [])).join('\n');

/** The proxy with the mock behind it, in this process. */
async function startMock(options: Options, tally: Tally) {
  const env = {
    BACKEND: 'mock',
    MOCK_SCENARIO: options.scenario,
    MOCK_PACE: options.pace,
    PORT: '0',
    DATA_DIR: join(options.folder, 'proxy'),
  };
  const logger = await createLogger({ level: 'critical', format: 'json' });
  const system = compose(readConfig(env, []), {
    clock: systemClock,
    random: systemRandom,
    logger,
    subscribers: [tally.subscriber],
  });
  await system.warmUp();
  const listening = system.listen();
  const close = async () => {
    await listening.close(0);
    await system.close();
  };
  return { url: listening.url, close };
}

async function layOut(demo: Demo, cwd: string): Promise<void> {
  mkdirSync(cwd, { recursive: true });
  for (const [path, content] of demo.files) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    await Bun.write(join(cwd, path), content);
  }
}

type Ending = { ok: boolean; client: string; text: string };

async function runClient(
  options: Options,
  baseUrl: string,
  cwd: string,
  tell: (told: Told) => void,
): Promise<Ending> {
  const { demo, client, folder } = options;
  const claude = client === 'scripted' ? undefined : await findClaudeCode();
  if (!claude) {
    if (client === 'claude')
      throw new Error('Claude Code is not installed; npm install -g @anthropic-ai/claude-code');
    if (client === undefined) say(GET_CLAUDE_CODE);
    const signal = AbortSignal.timeout(RUN_MS);
    return {
      client: 'scripted',
      ...(await runScripted({ baseUrl, cwd, prompt: demo.prompt, tell, signal })),
    };
  }
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const args = ['--output-format', 'stream-json', '--verbose', ...demo.args];
  const onLine = (line: string) => readStreamJson(line).forEach(tell);
  const run = { path: claude.path, baseUrl, cwd, home, prompt: demo.prompt, args, timeoutMs: RUN_MS, onLine };
  const { exitCode, stderr } = await runClaude(run);
  return { client: `Claude Code ${claude.version}`, ok: exitCode === 0, text: stderr.trim() };
}

/** Files that are new, and files that have changed. */
function filesOf(demo: Demo, cwd: string): { made: string[]; changed: string[] } {
  const all = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = all.map(({ parentPath, name }) => join(parentPath, name).slice(cwd.length + 1)).sort();
  const isSame = (path: string, before: DemoFile) =>
    Buffer.from(before).equals(readFileSync(join(cwd, path)));
  return {
    made: paths.filter((path) => !demo.files.has(path)),
    changed: paths.filter((path) => !isSame(path, demo.files.get(path) ?? readFileSync(join(cwd, path)))),
  };
}

async function play(options: Options): Promise<void> {
  const { demo, scenario, folder } = options;
  const cwd = join(folder, PROJECT);
  await layOut(demo, cwd);
  const tell = (told: Told) => say(lineOf(told));
  const tally = new Tally(tell);
  const mock = await startMock(options, tally);
  say(factLine('scenario', `${scenario} (offline mock: no model answers)`));
  say(factLine('folder', cwd));
  say(`${factLine('prompt', demo.prompt)}\n`);
  const started = systemClock.monotonic();
  const ending = await runClient(options, mock.url, cwd, tell).finally(mock.close);
  const seconds = ((systemClock.monotonic() - started) / 1000).toFixed(1);
  const { made, changed } = filesOf(demo, cwd);
  const run = `${ending.client}, ${seconds} s`;
  say(`\n${ending.ok ? factLine('done', run, 'green') : factLine('FAILED', run, 'red')}`);
  say(factLine('made', made.join(', ') || 'no file'));
  if (changed.length > 0) say(factLine('changed', changed.join(', ')));
  for (const [label, text] of tally.summary()) say(factLine(label, text));
  if (!ending.ok) exitWith(ending.text, 1);
}

export async function demo(argv: readonly string[]): Promise<never> {
  try {
    await play(readOptions(argv));
  } catch (error) {
    exitWith(error instanceof Error ? error.message : String(error), 2);
  }
  process.exit(0);
}
