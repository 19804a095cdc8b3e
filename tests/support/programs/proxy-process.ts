/** The proxy as users start it: a process of its own, on a free port, with nothing of this machine's environment. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const MAIN = join(import.meta.dir, '../../../src/main.ts');
/** Ends a hanging start after its test has failed by its own limit. */
const START_MS = 120_000;
const STOP_MS = 10_000;
const LOOK_MS = 20;
const READ_MS = 1_000;

export type ProxyProcess = {
  url: string;
  /** The process of the command. With `bun run` the proxy is its child. */
  pid: number;
  /** Everything written so far, on stdout and stderr. */
  output(): string;
  /** Resolves when there is more output; rejects when there will be none. */
  wrote(): Promise<void>;
  /** The JSON log lines so far. */
  log(): Record<string, unknown>[];
  signal(name: NodeJS.Signals): void;
  /** Its exit code, once it has ended. */
  exited: Promise<number>;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it like a crash: it cannot put anything in order. */
  crash(): Promise<void>;
};

export type ProxyOptions = {
  /** An empty folder: the working directory (no `.env` there) and, inside it, `DATA_DIR`. */
  folder: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** What to start instead of `src/main.ts` with this Bun. */
  command?: readonly string[];
};

export async function startProxy({
  folder,
  args = [],
  env = {},
  command = [process.execPath, MAIN],
}: ProxyOptions): Promise<ProxyProcess> {
  mkdirSync(folder, { recursive: true });
  const child = Bun.spawn([...command, '--port', '0', ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      DATA_DIR: join(folder, 'data'),
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'DEBUG',
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    // A process group of its own: `bun run` has a shell between itself and the proxy.
    detached: true,
  });
  // The command may end before the processes that it started.
  const kill = (signal: NodeJS.Signals) => void signalGroup(child.pid, signal);
  let written = '';
  let more = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<string>();
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      written += decoder.decode(bytes, { stream: true });
      more.resolve();
      more = Promise.withResolvers();
      const url = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(written)?.[0];
      if (url) listening.resolve(url);
    }
  };
  const gone = Promise.race([
    Promise.all([read(child.stdout), read(child.stderr), child.exited]),
    allEnded(child.pid, child.exited),
  ]);
  const fail = (why: string) => listening.reject(new Error(`the proxy ${why}:\n${written}`));
  void gone.then(() => fail('ended'));
  const ended = gone.then(() => Promise.reject(new Error(`the proxy ended:\n${written}`)));
  ended.catch(() => {});
  const timer = setTimeout(() => {
    kill('SIGKILL');
    fail('did not start in time');
  }, START_MS);
  const url = await listening.promise.finally(() => clearTimeout(timer));
  return {
    url,
    pid: child.pid,
    signal: kill,
    exited: child.exited,
    output: () => written,
    wrote: () => Promise.race([more.promise, ended]),
    log: () => jsonLines(written),
    stop: async () => {
      kill('SIGTERM');
      const killer = setTimeout(() => kill('SIGKILL'), STOP_MS);
      await gone;
      clearTimeout(killer);
    },
    crash: async () => {
      kill('SIGKILL');
      await gone;
    },
  };
}

/** False where nobody of the group is left. Signal 0 only asks. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Not only the ends of the pipes: on a busy machine Bun sometimes misses them when the command ends before the process
 * that writes. What is in the pipes has a second to be read.
 */
async function allEnded(group: number, exited: Promise<number>): Promise<void> {
  await exited;
  while (signalGroup(group, 0)) await Bun.sleep(LOOK_MS);
  await Bun.sleep(READ_MS);
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}
