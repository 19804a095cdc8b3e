/**
 * A stranger's repository: a temporary folder with our examples, our package as `npm pack` makes it, and the tools that the examples want.
 * The tools are installed once and kept; our package is installed anew.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installPackage, must, pack, type Run, run } from './installed.ts';

const ROOT = join(import.meta.dir, '../../..');
const CACHE = join(ROOT, '.cache/examples');

/** The versions with which the examples were written. */
const NODE_TOOLS = ['vitest@4.1.12', '@anthropic-ai/sdk@1.14.0'];
const AGENT_TOOLS = ['@anthropic-ai/claude-agent-sdk@0.3.330', 'zod@4'];
const PYTHON_TOOLS = ['anthropic==2.14.0', 'pytest==9.2.0'];

/** Its last file says that an installation was not broken off. */
async function kept(
  name: string,
  wants: readonly string[],
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(CACHE, `${name}-${Bun.hash(wants.join(' ')).toString(36)}`);
  const complete = join(folder, '.complete');
  if (existsSync(complete)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await install(folder);
  writeFileSync(complete, '');
  return folder;
}

const nodeTools = (name: string, wants: readonly string[], ...flags: string[]) =>
  kept(name, wants, async (folder) => {
    writeFileSync(join(folder, 'package.json'), '{}');
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
    await must(['npm', 'install', ...quiet, ...wants, ...flags], folder);
  });

const pythonTools = () =>
  kept('python', PYTHON_TOOLS, async (folder) => {
    await must(['python3', '-m', 'venv', folder], CACHE);
    await must([join(folder, 'bin/python'), '-m', 'pip', 'install', '--quiet', ...PYTHON_TOOLS], folder);
  });

/** A place in which there is nothing but loopback, where this machine has one for us. */
const WITHOUT_NETWORK = ['unshare', '-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
/** Else every request of a program that knows of HTTP proxies comes to a port at which nobody listens. */
const NO_WAY = 'http://127.0.0.1:9';

async function wrapper(): Promise<{ command: readonly string[]; env: Record<string, string> }> {
  const path = { PATH: process.env['PATH'] ?? '' };
  const isThere = Bun.which('unshare') && Bun.which('ip');
  if (isThere && (await run([...WITHOUT_NETWORK, 'true'], ROOT, path)).code === 0)
    return { command: WITHOUT_NETWORK, env: {} };
  return { command: [], env: { HTTPS_PROXY: NO_WAY, HTTP_PROXY: NO_WAY, NO_PROXY: '127.0.0.1' } };
}

export class Stranger {
  readonly root = mkdtempSync(join(tmpdir(), 'stranger-'));
  #python = '';

  /** Throws where something cannot be installed. */
  async install(): Promise<void> {
    const tools = [
      await nodeTools('node', NODE_TOOLS),
      // The Agent SDK brings a Claude Code of its own, 200 MB, as an optional package. The tests have one.
      await nodeTools('agent', AGENT_TOOLS, '--omit=optional'),
    ];
    this.#python = await pythonTools();
    const { tarball } = await pack(this.root);
    await installPackage(tarball, this.root);
    for (const folder of tools) linkEach(join(folder, 'node_modules'), join(this.root, 'node_modules'));
    cpSync(join(ROOT, 'examples'), this.root, { recursive: true });
    mkdirSync(join(this.root, 'home'));
  }

  /** Runs a command in the folder of one example, without a network, and with nothing of this machine's environment. */
  async run(example: string, command: readonly string[], env: Record<string, string> = {}): Promise<Run> {
    const { command: wrap, env: cutOff } = await wrapper();
    const node = dirname(Bun.which('node') ?? '/usr/bin/node');
    return run([...wrap, ...command], join(this.root, example), {
      PATH: [join(this.#python, 'bin'), node, '/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(':'),
      HOME: join(this.root, 'home'),
      PYTHONDONTWRITEBYTECODE: '1',
      NO_COLOR: '1',
      ...cutOff,
      ...env,
    });
  }

  clear(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Links each package that is not there yet. */
function linkEach(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (name.startsWith('@') || name === '.bin') {
      mkdirSync(target, { recursive: true });
      linkEach(source, target);
    } else if (!existsSync(target)) symlinkSync(source, target);
  }
}
