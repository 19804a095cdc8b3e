/** What came of the cases, as tables to read: a row for each case, a column for each client. */
import type { Outcome } from './case.ts';

export type Column = { client: string; title: string; outcomes: ReadonlyMap<string, Outcome> };
export type Row = { name: string; what: string };

const plain = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function cell(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  if (outcome.kind === 'ok') return 'ok';
  return outcome.kind === 'failed'
    ? `**FAILED**: ${plain(outcome.reason)}`
    : `not offered: ${plain(outcome.reason)}`;
}

/** Without the rows in which nothing was asked. */
export function outcomeTable(title: string, rows: readonly Row[], columns: readonly Column[]): string {
  const lines = rows
    .filter(({ name }) => columns.some(({ outcomes }) => outcomes.has(name)))
    .map(({ name, what }) => [what, ...columns.map(({ outcomes }) => cell(outcomes.get(name)))]);
  const head = ['', ...columns.map((column) => plain(column.title))];
  return [
    `## ${title}`,
    '',
    ...[head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

export const countFailed = (columns: readonly Column[]): number =>
  columns.flatMap(({ outcomes }) => [...outcomes.values()]).filter(({ kind }) => kind === 'failed').length;

const MARKED = /(<!-- generated: compat[^>]* -->\n)[\s\S]*?(<!-- end -->)/;

/** The page with today's tables in place of the last ones. */
export function withTables(page: string, date: string, tables: readonly string[]): string {
  const text = [`Last run: ${date}.`, ...tables].join('\n\n');
  if (!MARKED.test(page)) throw new Error('the page has no place for the tables');
  return page.replace(MARKED, (_whole, start: string, end: string) => `${start}\n${text}\n\n${end}`);
}
