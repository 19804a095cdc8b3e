/** Values as lines that people compare: JSON, with long texts cut and long values shortened. */
import { aligned } from '../../lib/line-diff.ts';
import type { ChangeLine } from '../shapes.ts';

const MOST_TEXT = 160;
const MOST_LINES = 60;
/** Equal lines that are shown around a change. */
const CONTEXT = 2;

const shortened = (_name: string, value: unknown): unknown =>
  typeof value === 'string' && value.length > MOST_TEXT
    ? `${value.slice(0, MOST_TEXT).toWellFormed()}… (${value.length} characters)`
    : value;

export function jsonLines(value: unknown): string[] {
  const text = value === undefined ? '' : (JSON.stringify(value, shortened, 2) ?? '');
  return text === '' ? [] : text.split('\n');
}

export const cut = (lines: readonly ChangeLine[]): ChangeLine[] =>
  lines.length <= MOST_LINES
    ? [...lines]
    : [...lines.slice(0, MOST_LINES), { sign: ' ', text: `… ${lines.length - MOST_LINES} more lines` }];

/** Each line with the sign that `signOf` gives it. */
export const signed = (
  lines: readonly string[],
  signOf: (line: string) => ChangeLine['sign'],
): ChangeLine[] => cut(lines.map((text) => ({ sign: signOf(text), text })));

/** The lines near a change; what lies between is one line. */
function nearChanges(lines: readonly ChangeLine[]): ChangeLine[] {
  const near = (index: number) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' ');
  const shown: ChangeLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (near(index)) shown.push(line);
    else if (shown.at(-1)?.text !== '…') shown.push({ sign: ' ', text: '…' });
  }
  return shown;
}

/** What was left out on the one side, and what was added on the other. */
export function difference(
  came: readonly string[],
  sent: readonly string[],
): { came: ChangeLine[]; sent: ChangeLine[] } {
  const lines = aligned(came, sent);
  const side = (sign: '-' | '+') =>
    lines.filter(({ mark }) => mark === ' ' || mark === sign).map(({ mark, text }) => ({ sign: mark, text }));
  return { came: cut(nearChanges(side('-'))), sent: cut(nearChanges(side('+'))) };
}
