/** Starts a worker: the same program with the same settings, and a channel to it. */
import { type FromWorker, readFromWorker, type ToWorker } from '../cluster/worker-messages.ts';
import type { Environment } from '../config/env-files.ts';
import { seatVariables } from '../config/worker-seat.ts';

/** How a process ended: `exit code 1`, `SIGKILL`. */
export type Ending = { code: number; isKilled: boolean; said: string };

export type WorkerProcess = {
  readonly pid: number;
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

export function spawnsWorkers({ command, env, settings, cwd }: WorkerCommand): SpawnWorker {
  return (worker, hear) => {
    const child = Bun.spawn([...command], {
      cwd,
      env: { ...env, ...seatVariables(worker, settings) },
      stdio: ['ignore', 'inherit', 'inherit'],
      serialization: 'json',
      ipc(message) {
        const known = readFromWorker(message);
        if (known) hear(known);
      },
    });
    const ended = child.exited.then((code) => {
      const signal = child.signalCode;
      return { code, isKilled: signal !== null, said: String(signal ?? `exit code ${code}`) };
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
