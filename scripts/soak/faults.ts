/** Every fault that leaves the answer what it was, or ends it in an error: each strikes some of the requests. */
import type { FaultName } from '../../src/sim/faults/table.ts';
import { FAULT_ROWS } from '../../src/sim/faults/table.ts';

/** Of the requests, by each fault; together they strike every third or so. */
const CHANCE = 0.006;

/** The only model that these strike, or there would soon be none left to ask: its keys are out of it for the run. */
export const DOOMED_MODEL = 'gemini-3.7-flash';
const OF_A_MODEL: readonly FaultName[] = ['daily-quota', 'http-404'];

/** A key is out for a while, or until it is read anew. */
const RARELY = 0.0003;
const OF_A_KEY: readonly FaultName[] = ['http-401', 'http-403', 'http-429', 'bad-key'];

/**
 * Together with `broken` the first puts `data:` inside of words, which is what the model said for all that anybody can know. The second
 * puts a call in the place of the answer, which goes to the client where no try is left.
 */
const LEFT_OUT: readonly FaultName[] = ['glued', 'undeclared-call'];

/** So that several together are over in good time. */
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

/** `FAULTS`, for the proxy. What changes the answer itself is left out: nobody could say whether it came whole. */
export const soakFaults = (seed: number): string =>
  FAULT_ROWS.filter(([name, { outcome }]) => outcome.kind !== 'as-sent' && !LEFT_OUT.includes(name))
    .map(([name]) => ruleOf(name, seed))
    .join(',');
