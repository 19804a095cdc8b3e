/** Prints the table of faults as text. */
import type { Effect, Family, FaultRow } from './fault.ts';
import { PARAMETERS, type Parameter, settingText, unitText } from './settings.ts';
import { FAULT_ROWS } from './table.ts';

const FAMILIES: Readonly<Record<Family, string>> = {
  connection: 'Connection',
  head: 'Head',
  stream: 'Stream',
  pace: 'Pace',
};

function effectText(effect: Effect): string {
  switch (effect.kind) {
    case 'same':
      return 'the same answer';
    case 'same-content':
      return 'the same content; counts and stop reason as sent';
    case 'as-sent':
      return 'the answer as sent';
    case 'for-the-client':
      return 'another attempt, else the answer as sent; one error where the client offers no tool';
    case 'error': {
      const word = effect.error.replace('-', ' ');
      if (!effect.retried) return `one error: ${word}`;
      return `another attempt, else one error: ${word}${effect.sparesWhole ? '; none where all was said' : ''}`;
    }
  }
}

const taken = ({ takes }: FaultRow): string =>
  Object.entries(takes)
    .map(([name, value]) => (value === undefined ? name : `${name}=${settingText(name as Parameter, value)}`))
    .join(' ');

/** Prints the faults as Markdown: one table for each family, one row for each fault. */
export function describeFaults(): string {
  const tables = Object.entries(FAMILIES).map(([family, title]) => {
    const rows = FAULT_ROWS.filter(([, row]) => row.family === family).map(([name, row]) => {
      const settings = taken(row);
      return `| \`${name}\` | ${row.says} | ${settings ? `\`${settings}\`` : ''} | ${effectText(row.effect)} |`;
    });
    return [
      `### ${title}`,
      '',
      '| fault | what happens | takes | what must come of it |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  return tables.join('\n\n');
}

/** Prints as Markdown which parameters may be set on a fault, for the faults that have parameters. */
export function describeParameters(): string {
  const rows = Object.entries(PARAMETERS).map(
    ([name, { unit, says }]) => `| \`${name}\` | ${unitText(unit)} | ${says} |`,
  );
  return ['| setting | takes | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The names of all faults, for `--help`. */
export const faultNames = (): readonly string[] => FAULT_ROWS.map(([name]) => name);
