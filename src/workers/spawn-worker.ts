/** Starts a worker: the same program with the same settings, and a channel to it. */
import { type FromWorker, readFromWorker, type ToWorker } from '../cluster/worker-messages.ts';
import type { Environment } from '../config/env-files.ts';
import { seatVariables } from '../config/worker-seat.ts';

export type Ending = {
  code: number;
  /** True where the process could not say why itself: it was killed, or could not be started. */
  isSilent: boolean;
  /** How it ended: `exit code 1`, `SIGKILL`, or why it could not be started. */
  said: string;
};

export type WorkerProcess = {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  /** Never throws: a worker that has ended, or that is about to, is told nothing. */
  send(message: ToWorker): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  readonly ended: Promise<Ending>;
};

/** Starts the worker with this number. `hear` gets what it tells. */
export type SpawnWorker = (worker: number, hear: (message: FromWorker) => void) => WorkerProcess;

export type WorkerCommand = {
  command: readonly string[];
  /** The environment without what `.env` files gave: a worker reads these itself, also when they change. */
  env: Environment;
  /** The environment with which the parent began. */
  settings: Environment;
  cwd: string;
};

/** An update may take away the program for a moment, and the system may be out of processes or memory: a later start may succeed. */
const notStarted = (why: string): WorkerProcess => ({
  pid: undefined,
  send() {},
  kill() {},
  ended: Promise.resolve({ code: 1, isSilent: true, said: why }),
});

export function spawnsWorkers({ command, env, settings, cwd }: WorkerCommand): SpawnWorker {
  return (worker, hear) => {
    const start = () =>
      Bun.spawn([...command], {
        cwd,
        env: { ...env, ...seatVariables(worker, settings) },
        stdio: ['ignore', 'inherit', 'inherit'],
        serialization: 'json',
        ipc(message) {
          const known = readFromWorker(message);
          if (known) hear(known);
        },
      });
    let child: ReturnType<typeof start>;
    try {
      child = start();
    } catch (error) {
      return notStarted(error instanceof Error ? error.message : String(error));
    }
    const ended = child.exited.then((code) => {
      const signal = child.signalCode;
      return { code, isSilent: signal !== null, said: String(signal ?? `exit code ${code}`) };
    });
    return {
      pid: child.pid,
      send(message) {
        try {
          child.send(message);
        } catch {
          // The channel closes a moment before the end of the worker is known, and Bun does not say whether it is open.
        }
      },
      kill: (signal) => child.kill(signal),
      ended,
    };
  };
}
