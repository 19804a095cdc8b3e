/** Claude Code itself: where its program is, what arguments it is given, and how it ends. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/env-files.ts';

/** Where Claude Code's own installers put its program, whether or not PATH names that folder. */
const USUAL_PLACES = ['.local/bin/claude', '.claude/local/claude'];

export function findClient(env: Environment, home: string): string | undefined {
  const onPath = Bun.which('claude', { PATH: env['PATH'] ?? '' });
  return onPath ?? USUAL_PLACES.map((place) => join(home, place)).find((path) => existsSync(path));
}

const NPM = 'npm install -g @anthropic-ai/claude-code';

export const howToGet = (platform: string): string =>
  [
    'Claude Code is not installed: there is no claude on the PATH. To get it, one of:',
    platform === 'win32'
      ? '  irm https://claude.ai/install.ps1 | iex'
      : '  curl -fsSL https://claude.ai/install.sh | bash',
    `  ${NPM}`,
    'Then run this again.',
  ].join('\n');

/** Each of these flags says when Claude Code asks for permission. */
const PERMISSION_FLAGS = [
  '--permission-mode',
  '--dangerously-skip-permissions',
  '--allow-dangerously-skip-permissions',
];

export const hasFlag = (args: readonly string[], flags: readonly string[]): boolean =>
  args.some((arg) => flags.some((flag) => arg === flag || arg.startsWith(`${flag}=`)));

export const saysPermissions = (args: readonly string[]): boolean => hasFlag(args, PERMISSION_FLAGS);

/** Tells `handler` of SIGINT, SIGTERM and SIGHUP until the function that it returns is called. */
export type OnSignal = (handler: (signal: NodeJS.Signals) => void) => () => void;

export type ClientRun = {
  path: string;
  args: readonly string[];
  env: Environment;
  cwd: string;
  onSignal: OnSignal;
  /** True where a terminal sends Ctrl-C to every process in it. Ctrl-C is then not handed on, since Claude Code would get it twice. */
  hasTerminal: boolean;
};

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
const EXIT_OF_SIGNAL = 128;

/** The exit code after a signal, as shells tell it: 130 for Ctrl-C. */
export const exitOfSignal = (signal: string): number => EXIT_OF_SIGNAL + (SIGNAL_NUMBERS[signal] ?? 15);

/** Milliseconds that Claude Code gets after a signal before it is killed. */
const GRACE_MS = 10_000;

/** Runs Claude Code in this terminal. Resolves with Claude Code's exit code. */
export async function runClient(run: ClientRun): Promise<number> {
  const child = Bun.spawn([run.path, ...run.args], {
    cwd: run.cwd,
    env: { ...run.env },
    stdin: 'inherit',
    stdout: 'inherit',
    stderr: 'inherit',
  });
  let killer: Timer | undefined;
  const forget = run.onSignal((signal) => {
    if (signal === 'SIGINT' && run.hasTerminal) return;
    child.kill(signal);
    if (signal !== 'SIGINT') killer ??= setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  });
  await child.exited;
  forget();
  clearTimeout(killer);
  return child.signalCode === null ? (child.exitCode ?? 1) : exitOfSignal(String(child.signalCode));
}
