/** The proxy as a process of its own, with the probe in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from './probe.ts';

const ROOT = join(import.meta.dir, '../..');
const START_MS = 20_000;
const FIGURES_MS = 20_000;
const NOTICED_MS = 1_000;
const LAST_LINES = 30;
const LOOK_MS = 20;

export type Sample = Figures & {
  descriptors: number;
  /** Bytes. */
  resident: number;
  /** Memory as the proxy itself sees it. */
  streams: number;
};

export type SoakedProxy = {
  url: string;
  /** Makes the proxy read keys and models anew, which gives refused keys another chance. */
  reload(): void;
  /** Resolves when nothing is under way. */
  sample(): Promise<Sample>;
  /** While it works. */
  descriptors(): number;
  /** Log lines by level, and the lines that tell of a bug. */
  log(): { levels: Map<string, number>; bugs: string[] };
  /** Rejects, with its last words, if the process ends before it is told to. */
  died: Promise<never>;
  /** Its exit code. */
  stop(): Promise<number>;
};

/** A process that is gone has none. */
function descriptorsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** Rejects if `work` takes longer. */
async function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} took more than ${ms} ms`)), ms);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

class Log {
  readonly levels = new Map<string, number>();
  readonly bugs: string[] = [];
  readonly listening = Promise.withResolvers<string>();
  /** The last few lines that do not belong to a request. */
  readonly lines: string[] = [];
  #rest = '';

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (!line.includes('"method":')) this.lines.push(line.slice(0, 500));
    if (this.lines.length > LAST_LINES) this.lines.shift();
    const url = /"url":"(http:\/\/[^"]+)"/.exec(line)?.[1];
    if (url) this.listening.resolve(url);
    const level = /^\{"level":"(\w+)"/.exec(line)?.[1];
    if (level) this.levels.set(level, (this.levels.get(level) ?? 0) + 1);
    // What was thrown and not expected, whoever caught it.
    if (line.includes('"error":{"name":')) this.bugs.push(line.slice(0, 1_000));
  }
}

async function follow(stream: ReadableStream<Uint8Array>, log: Log): Promise<void> {
  const decoder = new TextDecoder();
  for await (const bytes of stream) log.add(decoder.decode(bytes, { stream: true }));
}

/** Answers under way, after a time in which the proxy can notice clients that left. */
async function streamsLeft(url: string): Promise<number> {
  for (let waited = 0; ; waited += LOOK_MS) {
    const { streams_in_flight: streams } = await (await fetch(`${url}/health`)).json();
    if (streams === 0 || waited >= NOTICED_MS) return streams;
    await Bun.sleep(LOOK_MS);
  }
}

/** `env` and PATH are all that it sees of the environment. */
export async function startSoakedProxy(folder: string, env: Record<string, string>): Promise<SoakedProxy> {
  const told: ((figures: Figures) => void)[] = [];
  const log = new Log();
  const child = Bun.spawn(
    [
      process.execPath,
      '--preload',
      join(import.meta.dir, 'probe.ts'),
      join(ROOT, 'src/main.ts'),
      '--port',
      '0',
    ],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, DATA_DIR: folder, LOG_FORMAT: 'json', ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      ipc: (message) => told.shift()?.(message),
    },
  );
  const ended = Promise.all([follow(child.stdout, log), follow(child.stderr, log), child.exited]);
  let stopping = false;
  const died = ended.then(([, , code]) => {
    if (stopping) return new Promise<never>(() => {});
    const last = log.lines.map((line) => `\n  ${line}`).join('');
    throw new Error(`the proxy ended by itself with ${child.signalCode ?? code}; its last lines:${last}`);
  });
  died.catch(() => {});
  const url = await within(Promise.race([log.listening.promise, died]), START_MS, 'starting');
  const figures = () =>
    new Promise<Figures>((resolve) => {
      told.push(resolve);
      child.send('figures');
    });
  return {
    url,
    reload: () => child.kill('SIGHUP'),
    descriptors: () => descriptorsOf(child.pid),
    log: () => log,
    async sample() {
      const streams = await streamsLeft(url);
      const counted = await within(figures(), FIGURES_MS, 'counting');
      return {
        ...counted,
        descriptors: descriptorsOf(child.pid),
        resident: residentOf(child.pid),
        streams,
      };
    },
    died,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await ended;
      return child.exited;
    },
  };
}
