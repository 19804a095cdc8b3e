/** Every fault that leaves the answer as it was, or ends it in an error. Each strikes some of the requests. */
import type { FaultName } from '../../src/sim/faults/table.ts';
import { FAULT_ROWS } from '../../src/sim/faults/table.ts';

/** The share of requests that each fault strikes; together they strike about every third. */
const CHANCE = 0.006;

/** These faults strike only this model: its keys are out of use for the whole run, and else no model would be left. */
export const DOOMED_MODEL = 'gemini-3.7-flash';
const OF_A_MODEL: readonly FaultName[] = ['daily-quota', 'http-404'];

/** After these faults a key is out of use for a while, or until settings are read anew. */
const RARELY = 0.0003;
const OF_A_KEY: readonly FaultName[] = ['http-401', 'http-403', 'http-429', 'bad-key'];

/**
 * Left out. Together with `broken` the first puts `data:` inside of words, and nobody can know that the model did not
 * say that. The second puts a call in place of the answer, which the client gets if no attempt is left.
 */
const LEFT_OUT: readonly FaultName[] = ['glued', 'undeclared-call'];

/** Short, so that several of them together end in time. */
const SETTINGS: Partial<Record<FaultName, string>> = {
  'big-event': 'size=100kB',
  'slow-head': 'for=200ms',
  bandwidth: 'rate=100kB',
  jitter: 'for=2ms',
  'http-429': 'retry-info=1s',
};

function ruleOf(name: FaultName, seed: number): string {
  const chance = OF_A_KEY.includes(name) ? RARELY : CHANCE;
  const model = OF_A_MODEL.includes(name) ? `model=${DOOMED_MODEL}` : '';
  return `${name}:p=${chance} seed=${seed} ${model} ${SETTINGS[name] ?? ''}`.trim();
}

/**
 * `FAULTS` for the proxy. Faults that change the answer itself are left out: nobody could say whether it came complete.
 */
export const soakFaults = (seed: number): string =>
  FAULT_ROWS.filter(([name, { effect }]) => effect.kind !== 'as-sent' && !LEFT_OUT.includes(name))
    .map(([name]) => ruleOf(name, seed))
    .join(',');
