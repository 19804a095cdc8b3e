/** Writes usage as a table for people, and as JSON for programs. */
import { shownText } from '../lib/shown-text.ts';
import { count, dollarText } from '../trace/headline.ts';
import { type Counts, knownDollars, noCounts } from './counts.ts';
import type { GroupedBy, Span, UsageRow } from './reader.ts';

type Source = { page: string; date: string };

export type Report = Span & {
  by: GroupedBy;
  /** False for the figures of a mock or a replay. */
  isPaid: boolean;
  rows: readonly UsageRow[];
  total: Counts;
  sources: { google: Source; list: Source };
};

const share = ({ in: fresh, cached }: Counts): number | undefined =>
  fresh + cached > 0 ? cached / (fresh + cached) : undefined;

const cost = (counts: Counts): string => {
  const dollars = knownDollars(counts);
  if (dollars === undefined) return '?';
  return `${amount(dollars)}${counts.unpriced > 0 ? ' + ?' : ''}`;
};
const CENT = 0.01;
const amount = (dollars: number): string =>
  dollars === 0 || dollars >= CENT ? `$${dollars.toFixed(2)}` : dollarText(dollars);

const percent = (counts: Counts): string => {
  const part = share(counts);
  return part === undefined ? '' : `${Math.round(part * 100)} %`;
};

type TableColumn = readonly [head: string, cell: (row: UsageRow) => string];

const MOST_BYTES = 300;
/** Clients make up names of models: a name stays in its line, and says nothing to a terminal. */
const oneLine = (name: string): string =>
  shownText(name, { secrets: [], limit: MOST_BYTES, control: () => ' ' });

const nameCell =
  (by: GroupedBy): TableColumn[1] =>
  ({ name }) => {
    if (name === '') return '(none)';
    return by === 'key' ? `#${name}` : oneLine(name);
  };

const columnsFor = (by: GroupedBy): readonly TableColumn[] => [
  [by, nameCell(by)],
  ['requests', ({ requests }) => requests.toLocaleString('en')],
  ['errors', ({ errors }) => (errors > 0 ? errors.toLocaleString('en') : '')],
  ['in', (row) => count(row.in + row.cached)],
  ['cached', percent],
  ['out', ({ out }) => count(out)],
  ['cost', cost],
  ['list price of Anthropic', ({ listDollars }) => (listDollars > 0 ? amount(listDollars) : '')],
];

function alignedLines(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

const day = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ');

export function tableReport({ by, since, until, isPaid, rows, total, sources }: Report): string {
  const span = `Since ${day(since)} (UTC), until ${day(until)}.`;
  // An empty table would look as if something were broken.
  if (rows.length === 0)
    return `${span}\nNothing was counted in this time. What is counted is written every two seconds.\n`;
  const columns = columnsFor(by);
  const cells = (row: UsageRow) => columns.map(([, cell]) => cell(row));
  const [head = '', ...body] = alignedLines([
    columns.map(([name]) => name),
    ...rows.map(cells),
    ['total', ...cells({ name: '', ...total }).slice(1)],
  ]);
  const rule = '─'.repeat(Math.max(head.length, ...body.map(({ length }) => length)));
  const notes = [
    span,
    ...(isPaid ? [] : ['Of the mock or of replays: nothing of this was paid for.']),
    `Cost: by Google's prices (${sources.google.page}, ${sources.google.date}), for all that was sent to Gemini.`,
    `List price: what Anthropic asks by its list (${sources.list.page}, ${sources.list.date}) for the same tokens of the asked model.`,
    ...(total.unpriced > 0
      ? [`${total.unpriced} calls are of models or tiers whose price is not known: "?".`]
      : []),
  ];
  return `${[head, rule, ...body.slice(0, -1), rule, body.at(-1), '', ...notes].join('\n')}\n`;
}

const jsonCounts = (counts: Counts) => ({
  requests: counts.requests,
  errors: counts.errors,
  clients_left: counts.left,
  calls: counts.calls,
  tokens_in: counts.in,
  tokens_cached: counts.cached,
  tokens_out: counts.out,
  tokens_thinking: counts.thinking,
  cached_share: share(counts) ?? null,
  dollars: knownDollars(counts) ?? null,
  unpriced_calls: counts.unpriced,
  list_dollars: counts.listDollars,
});

/** `report`: undefined where nothing was counted yet. */
export function jsonReport(report: Report | undefined, by: GroupedBy, { since, until }: Span) {
  return {
    by,
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    paid: report?.isPaid ?? true,
    rows: (report?.rows ?? []).map((row) => ({ [by]: row.name, ...jsonCounts(row) })),
    total: jsonCounts(report?.total ?? noCounts()),
    ...(report ? { prices: report.sources } : {}),
  };
}
