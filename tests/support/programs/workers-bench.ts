/** A proxy of two processes, as a user starts it, for tests of what they share and how they end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaw } from '../clients/raw-client.ts';
import { connectToEach, type WorkerConnection } from '../clients/worker-connection.ts';
import { hello } from '../proxy.ts';
import { type ProxyProcess, startProxy } from './proxy-process.ts';

export type Env = Readonly<Record<string, string>>;

/** Starts proxies in folders of their own, and ends all of them. */
export class WorkersBench {
  readonly root = mkdtempSync(join(tmpdir(), 'workers-'));
  #places = 0;
  readonly #started: ProxyProcess[] = [];

  start(env: Env = {}, args: readonly string[] = []): Promise<ProxyProcess> {
    return this.startIn(join(this.root, String(++this.#places)), env, args);
  }

  /** `folder`: where it runs, with a `.env` or without. */
  async startIn(folder: string, env: Env = {}, args: readonly string[] = []): Promise<ProxyProcess> {
    const proxy = await startProxy({ folder, args, env: { BACKEND: 'mock', WORKERS: '2', ...env } });
    this.#started.push(proxy);
    return proxy;
  }

  /** A proxy that asks `google`, and a connection to each of its two workers. */
  async pairOn(google: { url: string }, env: Env = {}) {
    const proxy = await this.start({
      BACKEND: 'gemini',
      GEMINI_API_KEY: 'key-one',
      GOOGLE_GEMINI_BASE_URL: google.url,
      MODEL_FALLBACKS: 'none',
      ...env,
    });
    const [a, b] = await connectToEach(proxy.url, 2);
    if (!a || !b) throw new Error('two workers were asked for');
    return { proxy, a, b };
  }

  async endAll(): Promise<void> {
    for (const proxy of this.#started.splice(0)) await proxy.crash();
  }

  clear(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export const streamed = { ...hello, stream: true };

export const ask = (worker: WorkerConnection, more: object = {}, headers?: Record<string, string>) =>
  worker.ask('POST', '/v1/messages', { ...streamed, ...more }, headers);

/** Asks again until it is so. Each look is a request, so no time has to pass. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

async function line(proxy: ProxyProcess, isIt: (line: Record<string, unknown>) => boolean) {
  for (;;) {
    const found = proxy.log().find(isIt);
    if (found) return found;
    await proxy.wrote();
  }
}

export const says = (proxy: ProxyProcess, text: string) =>
  line(proxy, ({ msg }) => String(msg).includes(text));

/** The process that was the worker's `nth` one. */
export async function pidOf(proxy: ProxyProcess, worker: number, nth: number): Promise<number> {
  const isIt = (found: Record<string, unknown>) => found['msg'] === `worker ${worker} serves`;
  await line(proxy, () => proxy.log().filter(isIt).length >= nth);
  return Number(proxy.log().filter(isIt)[nth - 1]?.['pid']);
}

export const isFree = (port: number): Promise<boolean> =>
  openRaw(port).then(
    (client) => {
      client.socket.destroy();
      return false;
    },
    () => true,
  );
