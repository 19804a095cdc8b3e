/**
 * What a process finds in its environment that is a worker: its number, and the settings with which its parent began. Workers must
 * agree on all that is not read anew, such as PROXY_API_KEY, whatever `.env` says by the time one of them is replaced.
 */
import type { Environment } from './env-files.ts';
import { VARIABLE_ROWS } from './variables.ts';

const NUMBER = 'WORKER_OF_PARENT';
const SETTINGS = 'SETTINGS_OF_PARENT';

/** `settings`: the environment with which the parent began. */
export function seatVariables(worker: number, settings: Environment): Record<string, string> {
  const given = Object.fromEntries(VARIABLE_ROWS.map(([name]) => [name, settings[name]]));
  return { [NUMBER]: String(worker), [SETTINGS]: JSON.stringify(given) };
}

export type Seat = {
  /** The number of this worker, from 1. */
  worker: number;
  /** The environment with the parent's settings. */
  env: Environment;
};

/** Undefined in a process that no parent of ours has started. */
export function seatIn(env: Environment): Seat | undefined {
  const worker = Number(env[NUMBER]);
  const settings = env[SETTINGS];
  if (process.send === undefined || !worker || settings === undefined) return undefined;
  const given: Environment = JSON.parse(settings);
  const own = VARIABLE_ROWS.map(([name]) => [name, given[name]]);
  return { worker, env: { ...env, ...Object.fromEntries(own) } };
}
