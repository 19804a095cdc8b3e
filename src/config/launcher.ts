/**
 * Whether the process that started us is still there. `npx bun run start` is a chain: npm, a shell, `bun run`, and us.
 * npm does not pass a signal on, so `kill` of npm, the one process that its user sees, would leave the proxy running.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../lib/ports.ts';
import type { Environment } from './env-files.ts';

/** Milliseconds. */
const LOOK_MS = 500;

export type Processes = {
  /** Undefined where the parent cannot be found out. */
  parentOf(pid: number): number | undefined;
  isAlive(pid: number): boolean;
};

export const systemProcesses: Processes = {
  parentOf(pid) {
    try {
      // The fields stand behind the name, which may hold anything.
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

/** Only npm counts. A shell that started `bun run` itself may end, and leave the proxy running on purpose. */
const isUnderNpm = (env: Environment) => /npm-cli\.js|npx-cli\.js/.test(env['npm_execpath'] ?? '');

/** Calls `onGone` once, when the process that started `bun run` has ended. Nothing is watched without npm. */
export async function watchLauncher(
  { env, ppid }: { env: Environment; ppid: number },
  onGone: () => void,
  { clock, processes = systemProcesses }: { clock: Clock; processes?: Processes },
): Promise<void> {
  const launcher = isUnderNpm(env) ? processes.parentOf(ppid) : undefined;
  // Process 1 adopts processes that have lost their parent: whoever it was has ended already.
  if (launcher === undefined || launcher <= 1) return;
  while (processes.isAlive(launcher)) await clock.sleep(LOOK_MS);
  onGone();
}
