/**
 * Whether what started us is still there. `npx bun run start` is npm, a shell, `bun run`, and us; npm takes a signal for
 * itself and tells nobody, so that `kill` of the one process that its user sees would leave the proxy behind.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../lib/ports.ts';
import type { Environment } from './env-files.ts';

/** Milliseconds. */
const LOOK_MS = 500;

export type Processes = {
  /** Undefined where that cannot be told. */
  parentOf(pid: number): number | undefined;
  isAlive(pid: number): boolean;
};

export const systemProcesses: Processes = {
  parentOf(pid) {
    try {
      // Behind the name, which may hold anything.
      const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return Number(parent);
    } catch {
      const { stdout } = Bun.spawnSync(['ps', '-o', 'ppid=', '-p', String(pid)]);
      return Number(stdout.toString()) || undefined;
    }
  },
  isAlive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  },
};

/** Of npm; a shell that started `bun run` itself may go, and leave it running on purpose. */
const isUnderNpm = (env: Environment) => /npm-cli\.js|npx-cli\.js/.test(env['npm_execpath'] ?? '');

/** Calls `onGone` once, when the process that started `bun run` has ended. Nothing is watched without npm. */
export async function watchLauncher(
  { env, ppid }: { env: Environment; ppid: number },
  onGone: () => void,
  { clock, processes = systemProcesses }: { clock: Clock; processes?: Processes },
): Promise<void> {
  const launcher = isUnderNpm(env) ? processes.parentOf(ppid) : undefined;
  // Process 1 takes in what has lost its parent: whoever that was, is gone already.
  if (launcher === undefined || launcher <= 1) return;
  while (processes.isAlive(launcher)) await clock.sleep(LOOK_MS);
  onGone();
}
