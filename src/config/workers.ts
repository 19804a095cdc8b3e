/** How many processes serve, and the reason where fewer serve than `WORKERS` says. */
import { availableParallelism } from 'node:os';
import type { Values } from './variables.ts';

/** What the answer depends on, besides the settings. */
export type Machine = {
  platform: NodeJS.Platform;
  cores: number;
  /** The flags of the runtime. */
  execArgv: readonly string[];
};

const THIS_MACHINE: Machine = {
  platform: process.platform,
  cores: availableParallelism(),
  execArgv: process.execArgv,
};

/** As many as `WORKERS` may name. */
const MOST = 64;

type Reason = { why: string; holds(values: Values, machine: Machine): boolean };

/** Why only one process can serve. */
const ALONE: readonly Reason[] = [
  {
    why: 'only Linux deals the connections to one port out among several processes',
    holds: (_values, { platform }) => platform !== 'linux',
  },
  { why: 'a recording is made by one process', holds: ({ RECORD }) => RECORD !== undefined },
  { why: 'a recording is played by one process', holds: ({ BACKEND }) => BACKEND === 'replay' },
  {
    why: 'FAULTS counts the requests of one process',
    holds: ({ FAULTS = '' }) => FAULTS.trim() !== '',
  },
  {
    why: 'a program that is watched or debugged is one process',
    holds: (_values, { execArgv }) => execArgv.some((flag) => /^--(?:watch|hot|inspect)/.test(flag)),
  },
];

export function readWorkers(values: Values, notices: string[], machine = THIS_MACHINE): number {
  const { WORKERS } = values;
  const wanted = WORKERS === 'auto' ? Math.min(machine.cores, MOST) : Number(WORKERS);
  const reason = wanted > 1 && ALONE.find(({ holds }) => holds(values, machine));
  if (wanted > 1 && !reason && values.BACKEND === 'mock')
    notices.push('WORKERS: each process counts on its own, so x-test-id and /__mock need WORKERS=1');
  if (!reason) return wanted;
  notices.push(`WORKERS: one process serves, not ${wanted}: ${reason.why}`);
  return 1;
}
