/**
 * The proxies that launches have started. Each proxy has a folder of its own, in which the launches that use it are noted. The proxy looks
 * into that folder, and ends when no launch is left. So no launch ends a proxy that another launch uses, and a launch that is killed leaves no
 * proxy behind.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/env-files.ts';
import {
  LISTENING_FILE,
  type ListeningNote,
  systemProcesses,
  USERS_FOLDER,
  usersIn,
} from '../config/launcher.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Clock } from '../lib/ports.ts';
import { type Expected, lookAt } from './look.ts';

/** Milliseconds until a proxy listens. Half a second is usual; a busy machine may take many. */
const START_MS = 60_000;
/** Milliseconds in which a proxy must end after its last user has gone. No answer is left for which it would wait. */
const END_MS = 10_000;
const STEP_MS = 50;
/** Lines of a log that are shown where a proxy does not start. */
const SHOWN_LINES = 12;
const LOG = 'proxy.log';

export type ProxyInUse = {
  url: string;
  inputTokens: number;
  /** Why the proxy could not reach Gemini when it last tried. */
  upstreamProblem: string | undefined;
  /** The folder of the proxy; undefined for a proxy that no launch has started. */
  started: { folder: string; log: string; isNew: boolean } | undefined;
};

/** What became of the proxy. `had ended`: it ended by itself while it was used. */
export type Leaving = 'in use' | 'ended' | 'had ended';

export type StartOptions = {
  /** The command that starts a proxy, without flags. */
  command: readonly string[];
  args: readonly string[];
  env: Environment;
  cwd: string;
};

export class StartError extends Error {}

/** `family`: a name for the settings, the same for all launches that may share a proxy. */
export class StartedProxies {
  readonly #root: string;
  readonly #family: string;
  readonly #clock: Clock;
  readonly #pid: number;

  constructor(options: { state: string; family: string; clock: Clock; pid: number }) {
    this.#root = join(options.state, 'proxies');
    this.#family = options.family;
    this.#clock = options.clock;
    this.#pid = options.pid;
  }

  /** Finds a proxy that another launch has started, and notes this process among its users. */
  async join(expected: Expected): Promise<ProxyInUse | undefined> {
    for (const folder of this.#folders().filter((path) => path.includes(`${this.#family}-`))) {
      const url = listeningIn(folder)?.url;
      if (url === undefined) continue;
      // The note comes first, and then the look. A proxy that is ready at the look has seen the note, or will see it before it ends.
      if (!this.#noteIfThere(folder)) continue;
      const found = await lookAt(url, expected);
      if (found.kind === 'ours') {
        const started = { folder, log: join(folder, LOG), isNew: false };
        const { inputTokens, upstreamProblem } = found;
        return { url, inputTokens, upstreamProblem, started };
      }
      this.#leave(folder);
    }
    return undefined;
  }

  /** Starts a proxy on a free port. Throws a StartError with what its log says where it ends at once, or does not listen in time. */
  async start(options: StartOptions, expected: Expected, signal: AbortSignal): Promise<ProxyInUse> {
    this.#prune();
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    const folder = mkdtempSync(join(this.#root, `${this.#family}-${this.#pid}-`));
    this.#note(folder);
    try {
      const url = await this.#listening(folder, this.#spawn(folder, options), signal);
      const found = await lookAt(url, expected);
      if (found.kind !== 'ours')
        throw new StartError(`the proxy that was started at ${url} is not usable: ${JSON.stringify(found)}`);
      const started = { folder, log: join(folder, LOG), isNew: true };
      const { inputTokens, upstreamProblem } = found;
      return { url, inputTokens, upstreamProblem, started };
    } catch (error) {
      this.#leave(folder);
      throw error;
    }
  }

  /** To be called when this process uses the proxy no more. Where no launch uses it any more, resolves when the proxy has ended. */
  async leave({ started }: ProxyInUse): Promise<Leaving> {
    if (!started) return 'in use';
    const pid = listeningIn(started.folder)?.pid ?? 0;
    const hadEnded = !systemProcesses.isAlive(pid);
    this.#leave(started.folder);
    if (hadEnded) return 'had ended';
    if (usersIn(started.folder).length > 0) return 'in use';
    const until = this.#clock.monotonic() + END_MS;
    while (systemProcesses.isAlive(pid)) {
      if (this.#clock.monotonic() > until) return 'in use';
      await this.#clock.sleep(STEP_MS);
    }
    return 'ended';
  }

  /** Starts the proxy in a process group of its own: Ctrl-C in the terminal must reach Claude Code alone. */
  #spawn(folder: string, { command, args, env, cwd }: StartOptions) {
    const log = openSync(join(folder, LOG), 'a', 0o600);
    const child = Bun.spawn([...command, ...args], {
      cwd,
      env: { ...env, [USERS_FOLDER]: folder },
      stdin: 'ignore',
      stdout: log,
      stderr: log,
      detached: true,
    });
    closeSync(log);
    child.unref();
    return child;
  }

  async #listening(folder: string, child: Bun.Subprocess, signal: AbortSignal): Promise<string> {
    const until = this.#clock.monotonic() + START_MS;
    for (;;) {
      const note = listeningIn(folder);
      if (note) return note.url;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new StartError(`the proxy did not start:\n${endOfLog(folder)}`);
      if (this.#clock.monotonic() > until) {
        child.kill('SIGKILL');
        throw new StartError(`the proxy does not listen after ${START_MS / 1000} s:\n${endOfLog(folder)}`);
      }
      try {
        await this.#clock.sleep(STEP_MS, signal);
      } catch (error) {
        child.kill('SIGTERM');
        throw error;
      }
    }
  }

  #note(folder: string): void {
    writeFileSync(join(folder, String(this.#pid)), '');
  }

  /** Notes this process. Returns false where another launch has removed the folder since the folders were listed. */
  #noteIfThere(folder: string): boolean {
    try {
      this.#note(folder);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  #leave(folder: string): void {
    rmSync(join(folder, String(this.#pid)), { force: true });
  }

  #folders(): string[] {
    if (!existsSync(this.#root)) return [];
    return readdirSync(this.#root).map((name) => join(this.#root, name));
  }

  /** Removes the folders of proxies that have ended, except the latest, whose log may be wanted. */
  #prune(): void {
    const ended = this.#folders().filter((folder) => {
      const pids = [Number(folder.split('-').at(-2)), listeningIn(folder)?.pid ?? 0, ...usersIn(folder)];
      return !pids.some((pid) => pid > 0 && systemProcesses.isAlive(pid));
    });
    const age = (folder: string) => Bun.file(join(folder, LOG)).lastModified;
    for (const folder of ended.sort((a, b) => age(b) - age(a)).slice(1))
      rmSync(folder, { recursive: true, force: true });
  }
}

function listeningIn(folder: string): ListeningNote | undefined {
  const file = join(folder, LISTENING_FILE);
  const note = existsSync(file) ? tryParseJson(readFileSync(file, 'utf8')) : undefined;
  if (!isObject(note) || typeof note['url'] !== 'string' || typeof note['pid'] !== 'number') return undefined;
  return { url: note['url'], pid: note['pid'] };
}

function endOfLog(folder: string): string {
  const lines = readFileSync(join(folder, LOG), 'utf8').trimEnd().split('\n').slice(-SHOWN_LINES);
  return lines.map((line) => `  ${line}`).join('\n');
}
