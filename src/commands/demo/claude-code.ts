/**
 * The real Claude Code: found and run. It runs in print mode, with a home of its own, with nothing of this
 * machine's environment but PATH, and for a limited time.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ownFile } from '../../lib/program/own-files.ts';

/** Where tests keep the versions that they download. */
export const CACHE: string = resolve(process.env['CLAUDE_CODE_CACHE'] ?? ownFile('.cache/claude-code'));

export const binary = (folder: string) => join(folder, 'node_modules/.bin/claude');

const textOf = (stream: ReadableStream) => new Response(stream).text();

export async function output(
  command: string[],
  timeout: number,
): Promise<{ code: number | null; text: string }> {
  const child = Bun.spawn(command, {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout,
    killSignal: 'SIGKILL',
  });
  const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]);
  return { code: child.exitCode, text: `${out}${err}` };
}

export type Found = { path: string; version: string };

/** The `claude` on PATH, or else the newest one in the cache; undefined where none runs. Installs nothing. */
export async function findClaudeCode(): Promise<Found | undefined> {
  const cached = existsSync(CACHE) ? readdirSync(CACHE).filter((name) => /^\d/.test(name)) : [];
  const newestFirst = cached.sort((a, b) => Bun.semver.order(b, a)).map((name) => binary(join(CACHE, name)));
  for (const path of [Bun.which('claude') ?? '', ...newestFirst]) {
    if (path === '' || !existsSync(path)) continue;
    const { code, text } = await output([path, '--version'], 30_000);
    const version = /^\d+\.\d+\.\d+/.exec(text)?.[0];
    if (code === 0 && version !== undefined) return { path, version };
  }
  return undefined;
}

export type ClaudeRun = {
  /** The `claude` binary. */
  path: string;
  baseUrl: string;
  cwd: string;
  /** The same folder for several runs, where a session is to be resumed. */
  home: string;
  prompt: string;
  args?: readonly string[];
  timeoutMs: number;
  /** Gets every line of stdout as it comes, and a function that presses Ctrl-C. */
  onLine?(line: string, interrupt: () => void): void;
};

export type ClaudeResult = {
  /** Null when it was killed because it took longer than `timeoutMs`. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
};

/** Claude Code refuses this flag to root (the usual user of a container) outside of a sandbox. */
const SKIP_PERMISSIONS = '--dangerously-skip-permissions';

/**
 * All that Claude Code sees of the environment: anything more would make runs differ between machines. It is told of a
 * sandbox only where it must be, since in a sandbox it waits longer for an overloaded API than elsewhere.
 */
function cleanEnvironment({ baseUrl, home }: ClaudeRun, args: readonly string[]): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    TMPDIR: home,
    LANG: 'C.UTF-8',
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_API_KEY: 'dummy',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    ...(args.includes(SKIP_PERMISSIONS) ? { IS_SANDBOX: '1' } : {}),
  };
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void) {
  const decoder = new TextDecoder();
  let text = '';
  let told = 0;
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n', told); end >= 0; end = text.indexOf('\n', told)) {
      onLine(text.slice(told, end));
      told = end + 1;
    }
  }
  if (told < text.length) onLine(text.slice(told));
  return text;
}

/**
 * One `claude -p` run. Every tool may be used, unless `args` name a permission mode. At the end of the time the whole
 * process group is killed, because Claude Code starts shells of its own.
 */
export async function runClaude(run: ClaudeRun): Promise<ClaudeResult> {
  const given = run.args ?? [];
  const args = given.includes('--permission-mode') ? given : [SKIP_PERMISSIONS, ...given];
  const child = Bun.spawn([run.path, '-p', run.prompt, ...args], {
    cwd: run.cwd,
    env: cleanEnvironment(run, args),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  });
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), run.timeoutMs);
  const [stdout, stderr] = await Promise.all([
    readLines(child.stdout, (line) => run.onLine?.(line, () => child.kill('SIGINT'))),
    textOf(child.stderr),
    child.exited,
  ]);
  clearTimeout(timer);
  return { exitCode: child.exitCode, stdout, stderr };
}
