/**
 * Reads the faults of a scenario: those of `FAULTS`, but without a request number. The rule's own `when` says for which
 * requests a fault is.
 */
import { FaultError, type FaultRule, parseFaults } from '../faults/index.ts';

/** Reads these faults. Throws a FaultError whose message is one line. */
export function parseScenarioFaults(texts: readonly string[]): FaultRule[] {
  return texts.flatMap((text) => {
    if (text.includes('@')) throw new FaultError(`"${text}": no request number here; say it in when.request`);
    return parseFaults(text);
  });
}
