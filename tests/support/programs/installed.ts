/** The program as users have it without a clone: the npm package, installed with Node's tools alone, and one executable. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dir, '../../..');
const RUN_MS = 60_000;

export type Run = { code: number | null; out: string; err: string };

export async function run(
  command: readonly string[],
  cwd: string,
  env: Record<string, string>,
): Promise<Run> {
  const child = Bun.spawn([...command], {
    cwd,
    env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: RUN_MS,
    killSignal: 'SIGKILL',
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code: child.exitCode, out, err };
}

/** npm needs the machine's settings (a registry, a proxy). */
const machine = (): Record<string, string> => ({ ...process.env }) as Record<string, string>;

export async function must(command: readonly string[], cwd: string): Promise<string> {
  const { code, out, err } = await run(command, cwd, machine());
  if (code !== 0) throw new Error(`${command.join(' ')}: exit ${code}\n${out}${err}`);
  return out;
}

export type Packed = { tarball: string; size: number; files: string[] };

export async function pack(folder: string): Promise<Packed> {
  const out = await must(['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT);
  const told = JSON.parse(out);
  // npm 11 tells a list; later ones an object by the name of the package.
  const [{ filename, size, files }] = Array.isArray(told) ? told : Object.values(told);
  return {
    tarball: join(folder, filename),
    size,
    files: files.map(({ path }: { path: string }) => path),
  };
}

/** Its command, run by Node. */
export async function installPackage(tarball: string, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
  await must(['npm', 'install', '--ignore-scripts', ...quiet, tarball], folder);
  return ['node', join(folder, 'node_modules/.bin/gemini-claude-proxy')];
}

export async function buildExecutable(path: string): Promise<string[]> {
  await must([process.execPath, 'scripts/build.ts', '--outfile', path], ROOT);
  return [path];
}

/** The folders of one test: `home` of a user, and `here`, where the command is typed. */
export class EmptyPlace {
  readonly root = mkdtempSync(join(tmpdir(), 'installed-'));
  readonly home = join(this.root, 'home');
  readonly here = join(this.root, 'here');

  constructor() {
    mkdirSync(this.home);
    mkdirSync(this.here);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** No Bun is on the PATH. */
  environment(env: Record<string, string> = {}): Record<string, string> {
    const node = dirname(Bun.which('node') ?? '/usr/bin/node');
    const bin = join(this.root, 'bin');
    mkdirSync(bin, { recursive: true });
    return { PATH: `${bin}:${node}:/usr/bin:/bin`, HOME: this.home, ...env };
  }

  /** What lies where the command was typed. */
  left(): string[] {
    return readdirSync(this.here);
  }

  clear(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
