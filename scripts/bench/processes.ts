/** The bench's processes: started, watched through the system's own accounts, and ended. Linux: the accounts are in /proc. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEFORE_START } from '../../src/config/before-start.ts';

const ROOT = join(import.meta.dir, '../..');
const START_MS = 30_000;
/** Microseconds of one tick in /proc; the same on every Linux. */
const TICK_US = 10_000;

export type Process = {
  url: string;
  /** Milliseconds from its start to listening. */
  startMs: number;
  /** Microseconds of CPU so far, all threads, user and system. Here and in `resident` its own processes count as well. */
  cpu(): number;
  /** Bytes in memory now, and the most since the last `forgetPeak`. */
  resident(): number;
  peak(): number;
  forgetPeak(): void;
  [Symbol.asyncDispose](): Promise<void>;
};

function cpuOf(pid: number): number {
  // The name may hold blanks; the fields after its bracket do not.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

function kilobytes(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )?.[1];
  return Number(found) * 1024;
}

/** The process and those that it has started. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

const sumOver = (pid: number, of: (pid: number) => number): number =>
  familyOf(pid).reduce((sum, one) => sum + of(one), 0);

async function start(
  command: readonly string[],
  env: Record<string, string>,
  done: () => void,
): Promise<Process> {
  const begun = performance.now();
  const child = Bun.spawn([process.execPath, ...command], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', BUN_CONFIG_MAX_HTTP_REQUESTS: '4096', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const complaint = new Response(child.stderr).text();
  const killer = setTimeout(() => child.kill('SIGKILL'), START_MS);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let url: string | undefined;
  while (url === undefined) {
    const { value, done: ended } = await reader.read();
    if (ended) throw new Error(`${command[0]} ended before it listened:\n${text}${await complaint}`);
    text += decoder.decode(value, { stream: true });
    url = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(text)?.[0];
  }
  clearTimeout(killer);
  const startMs = performance.now() - begun;
  const drained = (async () => {
    while (!(await reader.read()).done);
  })();
  const { pid } = child;
  return {
    url,
    startMs,
    cpu: () => sumOver(pid, cpuOf),
    resident: () => sumOver(pid, (one) => kilobytes(one, 'VmRSS')),
    peak: () => kilobytes(pid, 'VmHWM'),
    forgetPeak: () => void Bun.write(`/proc/${pid}/clear_refs`, '5'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await Promise.all([child.exited, drained, complaint]);
      done();
    },
  };
}

const nothing = () => {};

export const startUpstream = (): Promise<Process> =>
  start([join(import.meta.dir, 'upstream.ts')], {}, nothing);

export const startRaw = (upstream: string): Promise<Process> =>
  start([join(import.meta.dir, 'raw.ts')], { BENCH_UPSTREAM: upstream }, nothing);

/** Started as `bun run start` does, with a JSON log that nobody reads. */
export function startProxy(upstream: string, more: Record<string, string> = {}): Promise<Process> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const env = {
    HOME: folder,
    DATA_DIR: join(folder, 'data'),
    BACKEND: 'gemini',
    GEMINI_API_KEY: 'AIzaSyBench0000000000000000000000000000',
    GOOGLE_GEMINI_BASE_URL: upstream,
    LOG_FORMAT: 'json',
    PORT: '0',
    ...BEFORE_START,
    ...more,
  };
  return start([join(ROOT, 'src/main.ts')], env, () => rmSync(folder, { recursive: true, force: true }));
}
