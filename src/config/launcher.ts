/**
 * Whether the processes that started us, or those we were started for, are still there. `npx bun run start` is a chain: npm, a shell, `bun run`, and us;
 * the package's `bin` stands where `bun run` does. npm does not pass every signal on, and nobody passes SIGKILL on. So `kill` of npm, the one process that its
 * user sees, would leave the proxy running.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/ports.ts';
import type { Environment } from './env-files.ts';

/** Milliseconds. */
const LOOK_MS = 500;

export type Process = { parent: number; command: string };

export type Processes = {
  /** Undefined where nothing can be found out. */
  find(pid: number): Process | undefined;
  isAlive(pid: number): boolean;
};

function findInProc(pid: number): Process | undefined {
  try {
    // The fields stand behind the name, which may hold anything.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
  } catch {
    return undefined;
  }
}

function findByPs(pid: number): Process | undefined {
  const ps = Bun.which('ps');
  if (ps === null) return undefined;
  const { stdout } = Bun.spawnSync([ps, '-o', 'ppid=,args=', '-p', String(pid)]);
  const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/.exec(stdout.toString()) ?? [];
  return parent === undefined ? undefined : { parent: Number(parent), command };
}

export const systemProcesses: Processes = {
  find: (pid) => findInProc(pid) ?? findByPs(pid),
  isAlive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  },
};

/** The variable in which the package's `bin` tells its process id. What the program starts inherits it, and has another parent. */
const BIN = 'GEMINI_CLAUDE_PROXY_BIN';

/** Only npm counts. A shell that started `bun run` itself may end, and leave the proxy running on purpose. */
const isUnderNpm = (env: Environment) => /npm-cli\.js|npx-cli\.js/.test(env['npm_execpath'] ?? '');

/** npm calls itself by its command: `npm exec …`. */
const NPM = /^npm\b|[\\/](?:npm|npx)(?:-cli\.js)?(?=[\s\0]|$)/;
/** Processes between npm and us, at most: a shell, `bun run` or the `bin`, and a shell again. */
const MOST_BETWEEN = 4;

/** Our parent and those above it, up to npm. Where npm is not found, the parent of our parent stands for it. */
function upToNpm(ppid: number, { find }: Processes): number[] {
  const chain = [ppid];
  for (let at = find(ppid); at && at.parent > 1 && chain.length <= MOST_BETWEEN; ) {
    chain.push(at.parent);
    at = find(at.parent);
    if (at && NPM.test(at.command)) return chain;
  }
  return chain.slice(1, 2);
}

/** Calls `onGone` once, when a process that started us has ended: the package's `bin`, or one of a chain that npm began. */
export async function watchLauncher(
  { env, ppid }: { env: Environment; ppid: number },
  onGone: () => void,
  { clock, processes = systemProcesses }: { clock: Clock; processes?: Processes },
): Promise<void> {
  const bin = Number(env[BIN]) === ppid ? [ppid] : [];
  const launchers = [...bin, ...(isUnderNpm(env) ? upToNpm(ppid, processes) : [])];
  // Process 1 adopts processes that have lost their parent: whoever it was has ended already.
  if (launchers.length === 0 || ppid <= 1) return;
  while (launchers.every(processes.isAlive)) await clock.sleep(LOOK_MS);
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
