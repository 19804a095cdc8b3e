/** One program under trial: its processes, each in a folder of its own, all ended with the bench. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type PeerProcess, type Start, startPeer } from '../peers/process.ts';
import type { Subject } from './subjects.ts';

export class Bench implements AsyncDisposable {
  readonly subject: Subject;
  /** Milliseconds of each start. */
  readonly starts: number[] = [];
  readonly #running: PeerProcess[] = [];
  readonly #homes: string[] = [];
  readonly #mocks = new Map<boolean, Promise<PeerProcess>>();

  constructor(subject: Subject) {
    this.subject = subject;
  }

  home(): string {
    const home = mkdtempSync(join(tmpdir(), 'aimock-'));
    this.#homes.push(home);
    return home;
  }

  async start(how: (port: number) => Start): Promise<PeerProcess> {
    const port = await freePort();
    const running = await startPeer(port, how(port));
    this.starts.push(running.startMs);
    this.#running.push(running);
    return running;
  }

  /** One process for all probes that do not change it. */
  mock(strict = false): Promise<PeerProcess> {
    const there = this.#mocks.get(strict);
    if (there) return there;
    const mock = this.start((port) => this.subject.mock(this.home(), port, strict));
    this.#mocks.set(strict, mock);
    return mock;
  }

  /** The exit code of a command, and what it said. */
  async run(command: readonly string[], cwd: string): Promise<{ code: number; text: string }> {
    const child = Bun.spawn([...command], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: cwd },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: 120_000,
    });
    const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, text: texts.join('') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) await running[Symbol.asyncDispose]();
    for (const home of this.#homes) rmSync(home, { recursive: true, force: true });
  }
}
