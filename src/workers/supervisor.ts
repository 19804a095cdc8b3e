/** The parent of workers: starts them, starts a new one in place of one that has ended or stands still, and ends all of them. */
import type { WorkerHub } from '../cluster/worker-hub.ts';
import { type FromWorker, SIGN_OF_LIFE_MS, type ToWorker } from '../cluster/worker-messages.ts';
import { type Backoff, backoffMs } from '../lib/backoff.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock } from '../lib/ports.ts';
import type { Ending, SpawnWorker, WorkerProcess } from './spawn-worker.ts';

const RESTART: Backoff = { first: 250, most: 30_000 };
/** Milliseconds. A worker that has served for so long was not ended by how it starts. */
const STEADY_MS = 10_000;
/** After so many starts in a row that failed, with no other worker serving, the next ones will fail, too. */
const MOST_FAILED_STARTS = 5;

/** So many signs of life in a row may be missing before it is told, */
const SIGNS_UNTIL_TOLD = 3;
/** and so many before the worker is killed: as long as its own watchdog waits, which stands still where the whole process does. */
const SIGNS_UNTIL_KILLED = 8;

const RELOAD: ToWorker = { kind: 'reload' };

export type SupervisorOptions = {
  /** How many workers there are. */
  count: number;
  spawn: SpawnWorker;
  hub: WorkerHub;
  clock: Clock;
  logger: Logger;
  /** Called once, where no worker can be started any more. */
  onGivenUp(why: string): void;
};

/** The first worker has ended before it listened. It has said why, unless its end is silent. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly ending: Ending;
  constructor(ending: Ending) {
    super(`the first worker has ended before it listened (${ending.said})`);
    this.ending = ending;
  }
}

type Running = {
  process: WorkerProcess;
  startedAt: number;
  isListening: boolean;
  /** How many signs of life are missing. Counted, not timed: the parent may have been stopped as well. */
  missing: number;
  /** Resolves when the worker listens, or has ended. */
  settled: Promise<Ending | 'listening'>;
};

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #running = new Map<number, Running>();
  readonly #closing = new AbortController();
  #isReloaded = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all workers have started. The first one starts alone: what keeps it from listening would keep the
   * others from it as well, and should be said once. Rejects with `StartFailed` where it ends instead.
   */
  async start(): Promise<void> {
    const first = this.#spawn(1);
    const settled = await first.settled;
    if (settled !== 'listening') throw new StartFailed(settled);
    this.#untilClosing(this.#keep(1, first));
    this.#untilClosing(this.#watch());
    const others = Array.from({ length: this.#options.count - 1 }, (_, index) => index + 2);
    await Promise.all(
      others.map((worker) => {
        const running = this.#spawn(worker);
        this.#untilClosing(this.#keep(worker, running));
        return running.settled;
      }),
    );
  }

  get isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Lets all workers read the settings anew, and those that start later as well. */
  reload(): void {
    this.#isReloaded = true;
    for (const { process } of this.#running.values()) process.send(RELOAD);
  }

  /** Lets all workers end in order, with their answers or without. Rejects where one of them could not. */
  async close(kind: 'close' | 'break-off' = 'close'): Promise<void> {
    this.#closing.abort();
    const running = [...this.#running];
    for (const [, { process, isListening }] of running) {
      if (isListening) process.send({ kind });
      else process.kill('SIGTERM');
    }
    const ends = await Promise.all(
      running.map(async ([worker, { process, isListening }]) => ({
        worker,
        isListening,
        ...(await process.ended),
      })),
    );
    const bad = ends.find(({ code, isListening }) => isListening && code !== 0);
    if (bad) throw new Error(`worker ${bad.worker} has ended with ${bad.said}`);
  }

  kill(): void {
    this.#closing.abort();
    for (const { process } of this.#running.values()) process.kill('SIGKILL');
  }

  /** For work that rejects when the proxy closes. Another failure reaches the log, as one that nobody was told of. */
  #untilClosing(work: Promise<void>): void {
    void work.catch((error: unknown) => {
      if (!this.isClosing) throw error;
    });
  }

  /** Starts the worker anew whenever it has ended, until the proxy closes. Rejects then. */
  async #keep(worker: number, first: Running): Promise<void> {
    const { clock } = this.#options;
    let failures = 0;
    for (let running = first; ; running = this.#spawn(worker)) {
      const ending = await running.process.ended;
      this.#closing.signal.throwIfAborted();
      const lasted = clock.monotonic() - running.startedAt;
      failures = running.isListening && lasted >= STEADY_MS ? 0 : failures + 1;
      if (failures >= MOST_FAILED_STARTS && !this.#isAnyListening()) {
        this.#giveUp(worker, ending, failures);
        return;
      }
      const wait = backoffMs(RESTART, Math.max(0, failures - 1));
      this.#tellEnd(worker, running, ending, wait);
      await clock.sleep(wait, this.#closing.signal);
    }
  }

  /** Looks for workers that stand still, until the proxy closes. Rejects then. */
  async #watch(): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(SIGN_OF_LIFE_MS, this.#closing.signal);
      for (const [worker, running] of this.#running) if (running.isListening) this.#miss(worker, running);
    }
  }

  #miss(worker: number, running: Running): void {
    const { pid } = running.process;
    running.missing++;
    const stands = `worker ${worker} stands still: nothing has come from it for ${(running.missing * SIGN_OF_LIFE_MS) / 1000} s`;
    if (running.missing === SIGNS_UNTIL_TOLD)
      this.#options.logger.warn({ worker, pid }, `${stands}, and the clients whose connections it has wait`);
    if (running.missing !== SIGNS_UNTIL_KILLED) return;
    this.#options.logger.error({ worker, pid }, `${stands}: it is killed`);
    running.process.kill('SIGKILL');
  }

  #spawn(worker: number): Running {
    const { spawn, hub, clock, logger } = this.#options;
    const listening = Promise.withResolvers<'listening'>();
    const process = spawn(worker, (message: FromWorker) => {
      running.missing = 0;
      if (message.kind === 'listening') {
        running.isListening = true;
        listening.resolve('listening');
        // A worker starts with the settings of its parent's start.
        if (this.#isReloaded) process.send(RELOAD);
        logger.debug({ worker, pid: process.pid }, `worker ${worker} serves`);
      } else hub.hear(worker, message);
    });
    const running: Running = {
      process,
      startedAt: clock.monotonic(),
      isListening: false,
      missing: 0,
      settled: Promise.race([listening.promise, process.ended]),
    };
    this.#running.set(worker, running);
    hub.join(worker, (message) => process.send(message));
    void process.ended.then(() => {
      this.#running.delete(worker);
      hub.leave(worker);
    });
    return running;
  }

  #isAnyListening(): boolean {
    return [...this.#running.values()].some(({ isListening }) => isListening);
  }

  #tellEnd(worker: number, { process, isListening }: Running, { code, said }: Ending, wait: number): void {
    const { logger } = this.#options;
    const fields = { worker, pid: process.pid };
    const next = `(${said}): a new one starts in ${wait / 1000} s`;
    if (!isListening) logger.error(fields, `worker ${worker} has ended before it listened ${next}`);
    else if (code === 0)
      logger.warn(fields, `worker ${worker} was told to end, and has ended in order ${next}`);
    else logger.error(fields, `worker ${worker} has ended, and its answers under way with it ${next}`);
  }

  #giveUp(worker: number, { said }: Ending, failures: number): void {
    this.#options.onGivenUp(
      `no worker serves, and worker ${worker} has ended ${failures} times in a row soon after its start (${said} the last time): see what it wrote above`,
    );
  }
}
