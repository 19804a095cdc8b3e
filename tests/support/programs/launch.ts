/** `bun run claude` as its users start it, with a home of its own, and a small script in place of Claude Code. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const MAIN = join(import.meta.dir, '../../../src/main.ts');
/** Ends a launch in vain after the test that it belongs to has failed by its own limit. */
const RUN_MS = 120_000;
const LOOK_MS = 20;

export type ToldClient = { args: string[]; env: Record<string, string>; cwd: string; pid: number };

export type Launched = {
  pid: number;
  /** What the client was started with; resolves when it runs. */
  client: Promise<ToldClient>;
  /** Lets the client end. */
  finish(exitCode?: number): void;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the client has got a signal that it ignores. */
  ignored(): Promise<void>;
  /** Resolves when it has written so to stderr. */
  says(pattern: RegExp): Promise<void>;
  ended: Promise<{ exitCode: number | null; out: string; err: string }>;
};

/** `input`: what is typed; `open` for a terminal in which nobody types. */
export type LaunchOptions = { env?: Record<string, string>; input?: string };

/** Writes down what it is told, and ends when the file `finish` says how. */
const CLIENT = `#!${process.execPath}
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const folder = process.env.CLIENT_FOLDER;
for (const signal of (process.env.CLIENT_IGNORES ?? '').split(',').filter(Boolean)) process.on(signal, () => writeFileSync(folder + '/ignored', signal));
writeFileSync(folder + '/told.tmp', JSON.stringify({ args: process.argv.slice(2), env: process.env, cwd: process.cwd(), pid: process.pid }));
renameSync(folder + '/told.tmp', folder + '/told.json');
setInterval(() => {
  // The test is over, however that came.
  if (!existsSync(folder)) process.exit(1);
  if (existsSync(folder + '/finish')) process.exit(Number(readFileSync(folder + '/finish', 'utf8')));
}, 20);
`;

/** The folders of one test: `home` of the user, `project` to work in, `start` where the command is typed. */
export class LaunchBench {
  readonly root = mkdtempSync(join(tmpdir(), 'launch-'));
  readonly home = join(this.root, 'home');
  readonly project = join(this.root, 'project');
  readonly start = join(this.root, 'start');
  readonly state = join(this.home, '.local/state/gemini-claude-proxy');
  #runs: Bun.Subprocess[] = [];

  constructor() {
    for (const folder of [this.home, this.project, this.start, join(this.root, 'bin')])
      mkdirSync(folder, { recursive: true });
    const client = join(this.root, 'bin', 'claude');
    writeFileSync(client, CLIENT);
    chmodSync(client, 0o755);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  environment(env: Record<string, string> = {}): Record<string, string> {
    return { PATH: `${join(this.root, 'bin')}:/usr/bin:/bin`, HOME: this.home, PORT: '0', ...env };
  }

  launch(args: readonly string[], { env = {}, input }: LaunchOptions = {}): Launched {
    const folder = mkdtempSync(join(this.root, 'client-'));
    const child = Bun.spawn([process.execPath, MAIN, 'claude', ...args], {
      cwd: this.start,
      env: { ...this.environment(env), CLIENT_FOLDER: folder },
      stdin: input === undefined ? 'ignore' : input === 'open' ? 'pipe' : new Blob([input]),
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: RUN_MS,
      killSignal: 'SIGKILL',
    });
    this.#runs.push(child);
    const client = told(folder, child);
    // Not every launch comes to have one.
    client.catch(() => {});
    const errors = new Heard(child.stderr);
    const ended = Promise.all([text(child.stdout), errors.all, child.exited]).then(
      ([out, err, exitCode]) => ({ exitCode, out, err }),
    );
    return {
      pid: child.pid,
      client,
      finish: (exitCode = 0) => writeFileSync(join(folder, 'finish'), String(exitCode)),
      signal: (name) => child.kill(name),
      ignored: () => exists(join(folder, 'ignored')),
      says: (pattern) => errors.says(pattern),
      ended,
    };
  }

  /** Runs the launcher to its end. Its client ends as soon as it has written down its arguments and its environment. */
  async run(args: readonly string[], options?: LaunchOptions) {
    const launched = this.launch(args, options);
    launched.finish();
    const client = launched.client.catch(() => undefined);
    return { ...(await launched.ended), client: await client };
  }

  /** The process ids of the proxies that were started, alive or not. */
  proxies(): number[] {
    const folder = join(this.state, 'proxies');
    return readdirSync(folder).map(
      (name) => JSON.parse(readFileSync(join(folder, name, 'listening.json'), 'utf8')).pid,
    );
  }

  async clear(): Promise<void> {
    for (const run of this.#runs) run.kill('SIGKILL');
    await Promise.all(this.#runs.map((run) => run.exited));
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A stream as text, as it comes. */
class Heard {
  readonly all: Promise<string>;
  #text = '';
  #more = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.all = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.#text += decoder.decode(bytes, { stream: true });
      this.#more.resolve();
      this.#more = Promise.withResolvers();
    }
    return this.#text;
  }

  async says(pattern: RegExp): Promise<void> {
    const ended = this.all.then((all) => Promise.reject(new Error(`${pattern} was not said:\n${all}`)));
    ended.catch(() => {});
    while (!pattern.test(this.#text)) await Promise.race([this.#more.promise, ended]);
  }
}

const text = (stream: ReadableStream) => new Response(stream).text();

async function told(folder: string, child: Bun.Subprocess): Promise<ToldClient> {
  const file = join(folder, 'told.json');
  while (!existsSync(file)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error('the launch ended without a client');
    await Bun.sleep(LOOK_MS);
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves when the process is gone; the test's own limit ends the wait. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await Bun.sleep(LOOK_MS);
}

/** Resolves when the file is there; the test's own limit ends the wait. */
export async function exists(path: string): Promise<void> {
  while (!existsSync(path)) await Bun.sleep(LOOK_MS);
}
