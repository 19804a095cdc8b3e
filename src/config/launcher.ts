/**
 * Whether the process that started us, or those we were started for, are still there. `npx bun run start` is a chain: npm, a shell, `bun run`, and us.
 * npm does not pass a signal on, so `kill` of npm, the one process that its user sees, would leave the proxy running.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/ports.ts';
import type { Environment } from './env-files.ts';

/** Milliseconds. */
const LOOK_MS = 500;

export type Processes = {
  /** The parent of a process; undefined where the parent cannot be found out. */
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

// ── started by `bun run claude` ──────────────────────────────────────────────────────────────────────────────

/**
 * The variable that names the folder in which those who use this proxy are noted, each by a file with its process id for a name. One who
 * dies without a word is gone from there as well: its process is.
 */
export const USERS_FOLDER = 'LAUNCHED_FOR_USERS_IN';
/** In that folder: where the proxy listens. Not there until it does. */
export const LISTENING_FILE = 'listening.json';

/** Milliseconds. Whoever ends the last Claude Code waits for this. */
const USERS_LOOK_MS = 200;

export type ListeningNote = { url: string; pid: number };

export function tellListening(folder: string, note: ListeningNote): void {
  const draft = join(folder, `${LISTENING_FILE}.tmp`);
  writeFileSync(draft, JSON.stringify(note), { mode: 0o600 });
  renameSync(draft, join(folder, LISTENING_FILE));
}

/** The process ids that are noted in `folder` and alive; none where there is no such folder. */
export function usersIn(folder: string, processes: Pick<Processes, 'isAlive'> = systemProcesses): number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(processes.isAlive);
}

/**
 * Calls `onGone` once, when nobody uses this proxy any more. `onGone` must refuse newcomers at once: whoever has noted itself and then
 * finds the proxy ready, has it for as long as it lives.
 */
export async function watchUsers(
  folder: string,
  onGone: () => void,
  { clock, processes = systemProcesses }: { clock: Clock; processes?: Pick<Processes, 'isAlive'> },
): Promise<void> {
  while (usersIn(folder, processes).length > 0) await clock.sleep(USERS_LOOK_MS);
  onGone();
}
