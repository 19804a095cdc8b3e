/** How a process knows that it is a worker: the parent's variable names its number, and there is a channel to the parent. */
import type { Environment } from './env-files.ts';

const NUMBER = 'WORKER_OF_PARENT';

/** What a worker finds in its environment. */
export const seatVariables = (worker: number): Record<string, string> => ({ [NUMBER]: String(worker) });

/** The number of this worker, from 1; undefined in a process that no parent of ours has started. */
export const seatIn = (env: Environment): number | undefined =>
  process.send === undefined ? undefined : Number(env[NUMBER]) || undefined;
