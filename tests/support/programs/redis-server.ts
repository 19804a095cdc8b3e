/**
 * A real Redis (or Valkey) on a free port of this machine, without storage: tests kill it, halt it and start it again.
 */
import { RedisClient } from 'bun';

const PROGRAM = Bun.which('redis-server') ?? Bun.which('valkey-server');
/** Ends vain waiting after the test has failed by its own limit. */
const LONGER_THAN_ANY_TEST_MS = 200_000;

/** False where there is no server; says so once, in one line. `REQUIRE_REDIS=1` makes that an error. */
export const hasRedis = PROGRAM !== null;
if (!hasRedis) {
  const why = 'no redis-server or valkey-server; on Debian: apt-get install redis-server';
  if (process.env['REQUIRE_REDIS'] === '1') throw new Error(why);
  console.warn(`skipped: tests with several instances (${why})`);
}

export type RedisServer = {
  url: string;
  /** Ends it like a crash. */
  kill(): Promise<void>;
  /** On the same port, empty; after `kill`. */
  restart(): Promise<void>;
  /** It keeps its sockets open and accepts new ones, but answers nothing. */
  pause(): void;
  resume(): void;
  /** A command that does not come from the proxy. */
  command(name: string, ...args: string[]): Promise<unknown>;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function startRedis(options: { password?: string; socket?: string } = {}): Promise<RedisServer> {
  const port = freePort();
  const login = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`;
  const url = `redis://${login}127.0.0.1:${port}`;
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  if (options.password !== undefined) args.push('--requirepass', options.password);
  if (options.socket !== undefined) args.push('--unixsocket', options.socket);
  const start = async () => {
    const server = Bun.spawn([PROGRAM ?? 'redis-server', ...args], { stdout: 'ignore', stderr: 'ignore' });
    await until(() => answers(url));
    return server;
  };
  let server = await start();
  const kill = async () => {
    server.kill('SIGKILL');
    await server.exited;
  };
  return {
    url,
    kill,
    restart: async () => {
      server = await start();
    },
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
    command: (name, ...commandArgs) => once(url, (client) => client.send(name, commandArgs)),
    [Symbol.asyncDispose]: kill,
  };
}

/** Waits for other processes as long as the test may last; looks every few milliseconds. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LONGER_THAN_ANY_TEST_MS;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`never so: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A port where nobody listens: for a Redis that is not there. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

async function once<T>(url: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
  const client = new RedisClient(url, { autoReconnect: false, connectionTimeout: 1_000 });
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.close();
  }
}

const answers = (url: string): Promise<boolean> =>
  once(url, (client) => client.send('PING', [])).then(
    () => true,
    () => false,
  );
