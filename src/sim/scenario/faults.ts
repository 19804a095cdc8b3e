/**
 * Reads the faults and errors of a scenario: they have the names of `FAULTS`, but no request number. The rule's own
 * `when` says for which requests they are.
 */
import { FaultError, type FaultRule, parseFaults } from '../faults/index.ts';
import { FAULT_ROWS } from '../faults/table.ts';

/** The faults that do nothing but refuse a request. */
export const SCENARIO_ERRORS: readonly string[] = FAULT_ROWS.flatMap(([name, { refusal }]) =>
  refusal ? [name] : [],
);

export const isErrorName = (name: string): boolean => SCENARIO_ERRORS.includes(name);

/** Reads these faults. Throws a FaultError whose message is one line. */
export function parseScenarioFaults(texts: readonly string[]): FaultRule[] {
  return texts.flatMap((text) => {
    if (text.includes('@')) throw new FaultError(`"${text}": no request number here; say it in when.request`);
    return parseFaults(text);
  });
}

/** Reads one error, which has what it is to say, and nothing of when. */
export function parseScenarioError(text: string): FaultRule {
  const [rule, ...others] = parseScenarioFaults([text]);
  if (!rule || others.length > 0) throw new FaultError(`"${text}": expected one error`);
  if (rule.model || rule.caller || rule.key || rule.time || rule.probability < 1)
    throw new FaultError(`"${text}": an error is always given; say in when for which requests`);
  return rule;
}
