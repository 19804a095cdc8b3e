/** A peer's processes: started, watched through the system's own accounts, and ended. Linux: the accounts are in /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const START_MS = 120_000;
const LOOK_MS = 25;
/** Microseconds of one tick in /proc; the same on every Linux. */
const TICK_US = 10_000;

export type PeerProcess = {
  url: string;
  /** Milliseconds from its start until it takes connections. */
  startMs: number;
  /** Microseconds of CPU so far, and bytes in memory, of all its processes. */
  cpu(): number;
  resident(): number;
  /** Ends it as a user does. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type Start = { command: readonly string[]; cwd: string; env: Record<string, string> };

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** The fields of a process in /proc from its state on; undefined where it has ended meanwhile. */
function fieldsOf(pid: string): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
  } catch {
    return undefined;
  }
}

const PAGE = 4096;
const [GROUP, USER, SYSTEM, PAGES] = [2, 11, 12, 21];

/** Sums fields of /proc over all processes of a group. */
function sum(group: number, ...fields: number[]): number {
  let total = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const found = fieldsOf(pid);
    if (!found || Number(found[GROUP]) !== group) continue;
    for (const field of fields) total += Number(found[field]);
  }
  return total;
}

async function listens(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

export async function startPeer(port: number, { command, cwd, env }: Start): Promise<PeerProcess> {
  const begun = performance.now();
  const child = Bun.spawn([...command], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, ...env },
    stdin: 'ignore',
    stdout: Bun.file(`${cwd}/out.log`),
    stderr: Bun.file(`${cwd}/err.log`),
    detached: true,
  });
  const end = async () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await child.exited;
  };
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() - begun > START_MS) {
      await end();
      const log = readFileSync(`${cwd}/err.log`, 'utf8') || readFileSync(`${cwd}/out.log`, 'utf8');
      throw new Error(`${command.join(' ')} does not listen:\n${log.slice(-2_000)}`);
    }
    await Bun.sleep(LOOK_MS);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    startMs: performance.now() - begun,
    cpu: () => sum(child.pid, USER, SYSTEM) * TICK_US,
    resident: () => sum(child.pid, PAGES) * PAGE,
    async stop() {
      child.kill('SIGINT');
      await child.exited;
    },
    [Symbol.asyncDispose]: end,
  };
}
