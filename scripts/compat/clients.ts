/** The clients: how each is had, and which cases it gets. All of it goes into one folder, which is removed after its cases. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../../src/commands/demo/claude-code.ts';
import { installVersion, isCached } from '../../tests/support/clients/claude-code.ts';
import type { Case, Ready } from './case.ts';
import { CLAUDE_CODE_CASES } from './claude-code/cases.ts';
import { AGENT_CASES, API_CASES } from './sdk-cases.ts';

export type Group = { title: string; cases: readonly Case[] };

export type Client = {
  name: string;
  group: Group;
  /** `title`: what the head of its column says, with the version that was installed. */
  install(folder: string): Promise<Ready & { title: string }>;
};

const CLAUDE_CODE: Group = { title: 'Claude Code', cases: CLAUDE_CODE_CASES };
const API: Group = { title: 'Clients of the API', cases: API_CASES };
const AGENT: Group = { title: 'The Claude Agent SDK', cases: AGENT_CASES };

const INSTALL_MS = 300_000;
const RETRIES = 3;
const PROGRAMS = join(import.meta.dir, 'programs');
const QUIET = ['--no-audit', '--no-fund', '--loglevel', 'error'];

async function must(command: string[]): Promise<string> {
  const { code, text } = await output(command, INSTALL_MS);
  if (code !== 0) throw new Error(`${command.slice(0, 4).join(' ')} …: ${text.trim().split('\n').at(-1)}`);
  return text;
}

const claudeCode = (version: string): Client => ({
  name: `claude-code-${version}`,
  group: CLAUDE_CODE,
  async install(folder) {
    const cache = isCached(version) ? {} : { cache: folder };
    const installed = await installVersion(version, { retries: RETRIES, ...cache });
    if (!installed.ok) throw new Error(installed.reason);
    return { title: version, command: [installed.path], env: {} };
  },
});

type Packages = {
  name: string;
  group: Group;
  program: string;
  /** What is asked of the registry; the first one gives the version. */
  packages: readonly string[];
};

const npm = ({ name, group, program, packages }: Packages, run: string): Client => ({
  name,
  group,
  async install(folder) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}');
    await must(['npm', 'install', '--prefix', folder, ...QUIET, ...packages]);
    // Node looks for packages from where the program lies.
    copyFileSync(join(PROGRAMS, program), join(folder, program));
    const title = packages
      .filter((each) => !each.startsWith('zod'))
      .map((each) => each.replace(/(.)@.*$/, '$1'))
      .map((each) => `${each} ${versionOf(join(folder, 'node_modules', each))}`)
      .join(', ');
    return { title, command: [run, join(folder, program)], env: {} };
  },
});

const versionOf = (folder: string): string =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;

const python = ({ name, group, program, packages }: Packages): Client => ({
  name,
  group,
  async install(folder) {
    await must(['python3', '-m', 'venv', folder]);
    const own = join(folder, 'bin/python');
    await must([own, '-m', 'pip', 'install', '--quiet', ...packages]);
    const plain = packages[0]?.replace(/\[.*$/, '') ?? '';
    const version = await must([
      own,
      '-c',
      `from importlib.metadata import version; print(version("${plain}"))`,
    ]);
    return { title: `${plain} ${version.trim()}`, command: [own, join(PROGRAMS, program)], env: {} };
  },
});

export const CLIENTS: readonly Client[] = [
  ...['2.0.77', '2.1.200', '2.1.330', '2.1.332'].map(claudeCode),
  python({ name: 'anthropic-py', group: API, program: 'with_anthropic.py', packages: ['anthropic'] }),
  npm(
    {
      name: 'anthropic-ts',
      group: API,
      program: 'with-anthropic.mjs',
      packages: ['@anthropic-ai/sdk@1.14', 'zod@4'],
    },
    'node',
  ),
  npm(
    { name: 'ai-6', group: API, program: 'with-ai.mjs', packages: ['ai@6', '@ai-sdk/anthropic@3', 'zod@4'] },
    'node',
  ),
  // It wants Node 22.
  npm(
    { name: 'ai-7', group: API, program: 'with-ai.mjs', packages: ['ai@7', '@ai-sdk/anthropic@4', 'zod@4'] },
    process.execPath,
  ),
  python({ name: 'langchain', group: API, program: 'with_langchain.py', packages: ['langchain-anthropic'] }),
  python({
    name: 'pydantic-ai',
    group: API,
    program: 'with_pydantic_ai.py',
    packages: ['pydantic-ai-slim[anthropic]'],
  }),
  npm(
    {
      name: 'agent-sdk-ts',
      group: AGENT,
      program: 'with-agent-sdk.mjs',
      packages: ['@anthropic-ai/claude-agent-sdk', 'zod@4'],
    },
    'node',
  ),
  python({
    name: 'agent-sdk-py',
    group: AGENT,
    program: 'with_agent_sdk.py',
    packages: ['claude-agent-sdk'],
  }),
];
