/** Programs of others, run with a time limit and ended with all that they have started. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Environment } from '../config/env-files.ts';

export type Program = { command: string; args: readonly string[]; env: Environment; cwd: string };

/** In a process group of its own, where the platform has such groups. */
export const startProgram = ({ command, args, env, cwd }: Program): ChildProcess =>
  spawn(command, [...args], {
    cwd,
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });

/** Ends the program and what it has started. A program that ignores friendly signals ends, too. */
export function endProgram(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself, with all that it had started.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Characters. Nobody shows more of what a program says. */
const MOST_OUTPUT = 65_536;

/** What it writes to stdout; undefined where it cannot be run, or does not end before `signal` aborts. */
export async function outputOf(program: Program, signal: AbortSignal): Promise<string | undefined> {
  const child = startProgram(program);
  const ended = Promise.withResolvers<string | undefined>();
  let text = '';
  const onAbort = () => ended.resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    if (text.length < MOST_OUTPUT) text += part;
  });
  child.stderr?.resume();
  child.stdin?.on('error', () => {}).end(); // it need not read
  child.on('error', () => ended.resolve(undefined));
  child.on('close', () => ended.resolve(text));
  try {
    return await ended.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    endProgram(child);
  }
}
