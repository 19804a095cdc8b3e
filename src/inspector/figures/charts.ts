/** Tokens, cost, first content and errors over time, from the sums that are kept in the data folder. */
import { type Counts, costOf, DAY_MS, HOUR_MS, type Upstream } from '../../usage/counts.ts';
import type { UsageReader, Wanted } from '../../usage/reader.ts';
import { codeWords } from '../plain-words.ts';
import type { Charts } from '../shapes.ts';

export const RANGES = {
  '24h': { span: DAY_MS, column: HOUR_MS },
  '7d': { span: 7 * DAY_MS, column: 6 * HOUR_MS },
  '30d': { span: 30 * DAY_MS, column: DAY_MS },
} as const;
export type Range = keyof typeof RANGES;
export const GROUPED = ['model', 'client', 'key'] as const;
export type By = (typeof GROUPED)[number];

/** Groups that have a colour of their own; the others are one. */
const MOST_GROUPS = 3;
const OTHERS = 'others';
/** First content that is later than this many times the usual is worth a headline. */
const MUCH_LATER = 2;
const ENOUGH = 3;

/** What has no name: requests for which nothing was sent, and clients that CLIENT_KEYS does not name. */
const NAMELESS = {
  model: 'no model was asked',
  key: 'no key was used',
  client: 'clients without a name',
} as const satisfies Record<By, string>;

/** Keys are marked as such, wherever they are named. */
const nameOf = (name: string, by?: By): string => {
  if (name === '' && by) return NAMELESS[by];
  return by === 'key' ? `#${name}` : name;
};

type Grouped<Value> = { names: readonly string[]; columns: readonly ReadonlyMap<string, Value>[] };

/** The largest groups by their sums, and the rest as one. */
function largest(
  { names, columns }: Grouped<number>,
  by?: By,
): {
  groups: { name: string; sum: number }[];
  columns: number[][];
} {
  const sums = names.map((name) => ({
    name,
    sum: columns.reduce((sum, column) => sum + (column.get(name) ?? 0), 0),
  }));
  const sorted = sums.filter(({ sum }) => sum > 0).sort((a, b) => b.sum - a.sum);
  const own = sorted.slice(0, MOST_GROUPS);
  const rest = sorted.slice(MOST_GROUPS);
  const of = (column: ReadonlyMap<string, number>, group: readonly { name: string }[]) =>
    group.reduce((sum, { name }) => sum + (column.get(name) ?? 0), 0);
  return {
    groups: [
      ...own.map(({ name, sum }) => ({ name: nameOf(name, by), sum })),
      ...(rest.length > 0 ? [{ name: OTHERS, sum: rest.reduce((sum, one) => sum + one.sum, 0) }] : []),
    ],
    columns: columns.map((column) => [
      ...own.map((one) => of(column, [one])),
      ...(rest.length > 0 ? [of(column, rest)] : []),
    ]),
  };
}

const namesIn = <Value>(columns: readonly ReadonlyMap<string, Value>[]): string[] => [
  ...new Set(columns.flatMap((column) => [...column.keys()])),
];

const total = (counts: Iterable<Counts>, of: (counts: Counts) => number): number =>
  [...counts].reduce((sum, one) => sum + of(one), 0);

const clock = (ms: number): string => `${new Date(ms).toISOString().slice(11, 16)} UTC`;

/** What has changed lately, or else what there was. */
function headlineOf(
  first: Charts['first'],
  starts: readonly number[],
  table: Charts['table'],
  errors: Charts['errors'],
): string {
  const known = first
    .map((one, index) => ({ ...one, start: starts[index] ?? 0 }))
    .filter(({ count, most }) => count >= ENOUGH && most !== undefined);
  const last = known.at(-1);
  const before = known
    .slice(0, -1)
    .map(({ most = 0 }) => most)
    .sort((a, b) => a - b);
  const usual = before[Math.floor(before.length / 2)];
  // The largest comes first; all that are not shown by themselves are the last one, and no name says what they are.
  const [worst] = errors.groups;
  if (last?.most !== undefined && usual !== undefined && last.most > MUCH_LATER * usual && last.most > 5_000)
    return `Slower since ${clock(last.start)}: 95 of 100 begin within about ${(last.most / 1_000).toFixed(1)} s`;
  const requests = table.reduce((sum, row) => sum + row.requests, 0);
  if (requests === 0) return 'Nothing was asked in this time';
  const failed = table.reduce((sum, row) => sum + row.errors, 0);
  const counted = `${requests} ${requests === 1 ? 'request' : 'requests'}`;
  if (failed === 0) return `${counted}, no error`;
  const most = errors.groups.length > 1 ? 'Most often: ' : '';
  return `${counted}, ${failed} failed.${worst ? ` ${most}${worst.name}` : ''}`;
}

export function chartsOf(
  usage: UsageReader,
  { range, by, now, upstream }: { range: Range; by: By; now: number; upstream: Upstream },
): Charts {
  const { span, column } = RANGES[range];
  const until = Math.floor(now / column) * column + column;
  const wanted: Wanted = { since: until - span, until, upstreams: [upstream] };
  const columns = usage.columns(by, column, wanted);
  const groups = columns.map((one) => one.groups);
  const costs = largest(
    {
      names: namesIn(groups),
      columns: groups.map((one) => new Map([...one].map(([name, { dollars }]) => [name, dollars]))),
    },
    by,
  );
  const types = usage.errors(column, wanted).map((one) => one.types);
  const errors = largest({ names: namesIn(types), columns: types });
  const firstsBy = usage.firstsBy(by, wanted);
  const starts = columns.map(({ start }) => start);
  const first = usage.firsts(column, wanted).map(({ half, most, count }) => ({ half, most, count }));
  const table = usage.by(by, wanted).map((row) => ({
    name: nameOf(row.name, by),
    requests: row.requests,
    in: row.in + row.cached,
    cached: row.cached,
    out: row.out,
    half: firstsBy.get(row.name)?.half,
    most: firstsBy.get(row.name)?.most,
    errors: row.errors,
    ...costOf(row),
    listDollars: row.listDollars,
  }));
  const errorGroups = {
    groups: errors.groups.map(({ name, sum }) => ({ name: codeWords(name), count: sum })),
    columns: errors.columns,
  };
  return {
    headline: headlineOf(first, starts, table, errorGroups),
    starts,
    columnMs: column,
    tokens: groups.map((one) => ({
      cached: total(one.values(), ({ cached }) => cached),
      fresh: total(one.values(), (counts) => counts.in),
      out: total(one.values(), ({ out }) => out),
    })),
    cost: { groups: costs.groups.map(({ name, sum }) => ({ name, dollars: sum })), columns: costs.columns },
    first,
    errors: errorGroups,
    table,
  };
}
