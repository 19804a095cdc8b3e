/**
 * The faults that a scenario may name: those of `FAULTS`, but without a request number. The rule's own `when` says
 * which requests it is for.
 */
import { FaultError, type FaultRule, parseFaults } from '../faults/index.ts';

/** Throws a FaultError of one line. */
export function parseScenarioFaults(texts: readonly string[]): FaultRule[] {
  return texts.flatMap((text) => {
    if (text.includes('@')) throw new FaultError(`"${text}": no request number here; say it in when.request`);
    return parseFaults(text);
  });
}
