/** Reads the sums of usage: for the command, the pages, and the limits. */
import type { Database } from 'bun:sqlite';
import { COUNT_NAMES, type Counts, dayOf, firstHourOf, HOUR_MS, hourOf, type Upstream } from './counts.ts';
import { quoted } from './schema.ts';
import { timeBy } from './spread.ts';

/** Dates are milliseconds since the epoch. `until` itself is not in the span. Hours are the smallest unit. */
export type Span = { since: number; until: number };

/** `upstreams`: by default all. */
export type Wanted = Span & { upstreams?: readonly Upstream[] };

export const GROUPS = [
  'day',
  'hour',
  'model',
  'asked',
  'key',
  'client',
  'caller',
  'upstream',
  'session',
] as const;
export type GroupedBy = (typeof GROUPS)[number];

/** The span that is told: what was counted is kept by the hour, and that of sessions by the day. */
export const wholeUnits = (by: GroupedBy, { since, until }: Span): Span => {
  const unit = by === 'session' ? DAY_HOURS * HOUR_MS : HOUR_MS;
  return { since: Math.floor(since / unit) * unit, until };
};

/** `name`: of a day `2026-11-30`, of an hour `2026-11-30T09`. */
export type UsageRow = Counts & { name: string };

/** The milliseconds to the first content by which half and 95 % of the answers had begun. */
export type Firsts = { half: number | undefined; most: number | undefined; count: number };

export type SessionUsage = Counts & {
  /** The model that has written most. */
  model: string;
  /** Milliseconds since the epoch. */
  began: number;
  latest: number;
};

/** A column of a chart: what was counted from `start` on, by the names of its groups. */
export type Column = { start: number; groups: ReadonlyMap<string, Counts> };

type Bind = string | number;
type Found = Record<string, string | number>;

const SUMS = COUNT_NAMES.map((name) => `sum(${quoted(name)}) AS ${quoted(name)}`).join(', ');

const countsIn = (found: Found): Counts =>
  Object.fromEntries(COUNT_NAMES.map((name) => [name, Number(found[name] ?? 0)])) as Counts;

const DAY_HOURS = 24;
const HALF = 0.5;
const MOST = 0.95;

const NAMES: Readonly<Record<Exclude<GroupedBy, 'session'>, string>> = {
  day: 'hour / 24',
  hour: 'hour',
  model: 'model',
  asked: 'asked',
  key: 'key',
  client: 'client',
  caller: 'caller',
  upstream: 'upstream',
};

function nameOf(by: GroupedBy, name: string | number): string {
  if (by !== 'day' && by !== 'hour') return String(name);
  const ms = Number(name) * (by === 'day' ? DAY_HOURS : 1) * HOUR_MS;
  return new Date(ms).toISOString().slice(0, by === 'day' ? 'YYYY-MM-DD'.length : 'YYYY-MM-DDTHH'.length);
}

export class UsageReader {
  readonly #read: () => Database;

  /** `read` gives the database, in which everything is that was counted until now. */
  constructor(read: () => Database) {
    this.#read = read;
  }

  /** One row for each group. Days and hours in the order of time, else the dearest first. */
  by(by: GroupedBy, wanted: Wanted): UsageRow[] {
    if (by === 'session') return this.#sessions(wanted);
    const name = NAMES[by];
    const found = this.#all(`SELECT ${name} AS name, ${SUMS} FROM usage`, wanted, `GROUP BY ${name}`);
    const rows = found.map((row) => ({ name: nameOf(by, row['name'] ?? ''), ...countsIn(row) }));
    return by === 'day' || by === 'hour'
      ? rows.sort((a, b) => a.name.localeCompare(b.name))
      : rows.sort(dearest);
  }

  total(wanted: Wanted): Counts {
    const [row = {}] = this.#all(`SELECT ${SUMS} FROM usage`, wanted);
    return countsIn(row);
  }

  /** The sums of a session over all its days; undefined for a session that nobody has heard of. */
  session(label: string, upstreams: readonly Upstream[]): SessionUsage | undefined {
    const { where, binds } = upstreamsOf({ upstreams });
    const rows = this.#read()
      .query<Found, Bind[]>(
        `SELECT model, min(began) AS began, max(latest) AS latest, ${SUMS} FROM sessions WHERE session = ?${where} GROUP BY model`,
      )
      .all(label, ...binds);
    const [first] = rows.toSorted(
      (a, b) => Number(b['out']) - Number(a['out']) || Number(b['latest']) - Number(a['latest']),
    );
    if (!first) return undefined;
    const sum = Object.fromEntries(
      COUNT_NAMES.map((name) => [name, rows.reduce((all, row) => all + Number(row[name]), 0)]),
    ) as Counts;
    return {
      ...sum,
      model: String(first['model']),
      began: Math.min(...rows.map((row) => Number(row['began']))),
      latest: Math.max(...rows.map((row) => Number(row['latest']))),
    };
  }

  /**
   * The columns of a chart, oldest first, those without a request too. `columnMs`: whole hours or days. What is older than 90 days
   * is known by days only.
   */
  columns(by: Exclude<GroupedBy, 'session' | 'day' | 'hour'>, columnMs: number, wanted: Wanted): Column[] {
    const found = this.#all(
      `SELECT hour, ${NAMES[by]} AS name, ${SUMS} FROM usage`,
      wanted,
      `GROUP BY hour, ${NAMES[by]}`,
    );
    return this.#inColumns(found, columnMs, wanted, (row) => [String(row['name']), countsIn(row)]);
  }

  /** How many errors of each type. */
  errors(columnMs: number, wanted: Wanted): { start: number; types: ReadonlyMap<string, number> }[] {
    const found = this.#all(
      'SELECT hour, type, sum(count) AS count FROM errors',
      wanted,
      'GROUP BY hour, type',
    );
    return columnStarts(columnMs, wanted).map((start) => {
      const types = new Map<string, number>();
      for (const row of within(found, start, columnMs)) {
        const type = String(row['type']);
        types.set(type, (types.get(type) ?? 0) + Number(row['count']));
      }
      return { start, types };
    });
  }

  /** How soon answers have begun. */
  firsts(columnMs: number, wanted: Wanted): (Firsts & { start: number })[] {
    const found = this.#all(
      'SELECT hour, bucket, sum(count) AS count FROM firsts',
      wanted,
      'GROUP BY hour, bucket',
    );
    return columnStarts(columnMs, wanted).map((start) => ({
      start,
      ...firstsIn(within(found, start, columnMs)),
    }));
  }

  firstsBy(by: 'model' | 'key' | 'client', wanted: Wanted): ReadonlyMap<string, Firsts> {
    const found = this.#all(
      `SELECT ${by} AS name, bucket, sum(count) AS count FROM firsts`,
      wanted,
      `GROUP BY ${by}, bucket`,
    );
    const names = [...new Set(found.map((row) => String(row['name'])))];
    return new Map(names.map((name) => [name, firstsIn(found.filter((row) => row['name'] === name))]));
  }

  #sessions(wanted: Wanted): UsageRow[] {
    const { where, binds } = upstreamsOf(wanted);
    const rows = this.#read()
      .query<Found, Bind[]>(
        `SELECT session AS name, ${SUMS} FROM sessions WHERE day >= ? AND day < ?${where} GROUP BY session`,
      )
      .all(dayOf(wanted.since), dayOf(wanted.until - 1) + 1, ...binds);
    return rows.map((row) => ({ name: String(row['name']), ...countsIn(row) })).sort(dearest);
  }

  #all(select: string, wanted: Wanted, group = ''): Found[] {
    const { where, binds } = upstreamsOf(wanted);
    return this.#read()
      .query<Found, Bind[]>(`${select} WHERE hour >= ? AND hour < ?${where} ${group}`)
      .all(hourOf(wanted.since), hourOf(wanted.until - 1) + 1, ...binds);
  }

  #inColumns(
    found: readonly Found[],
    columnMs: number,
    wanted: Span,
    read: (row: Found) => readonly [string, Counts],
  ): Column[] {
    return columnStarts(columnMs, wanted).map((start) => {
      const groups = new Map<string, Counts>();
      for (const row of within(found, start, columnMs)) {
        const [name, counts] = read(row);
        const sum = groups.get(name);
        groups.set(name, sum ? summed(sum, counts) : counts);
      }
      return { start, groups };
    });
  }
}

const dearest = (a: Counts, b: Counts): number =>
  b.dollars - a.dollars || b.in + b.cached + b.out - (a.in + a.cached + a.out) || b.requests - a.requests;

const summed = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(COUNT_NAMES.map((name) => [name, a[name] + b[name]])) as Counts;

function upstreamsOf({ upstreams }: Pick<Wanted, 'upstreams'>): { where: string; binds: readonly string[] } {
  if (!upstreams) return { where: '', binds: [] };
  return { where: ` AND upstream IN (${upstreams.map(() => '?').join(', ')})`, binds: upstreams };
}

function columnStarts(columnMs: number, { since, until }: Span): number[] {
  const first = Math.floor(since / columnMs) * columnMs;
  return Array.from(
    { length: Math.max(0, Math.ceil((until - first) / columnMs)) },
    (_, index) => first + index * columnMs,
  );
}

const within = (found: readonly Found[], start: number, columnMs: number): Found[] =>
  found.filter((row) => {
    const at = Number(row['hour']) * HOUR_MS;
    return at >= start && at < start + columnMs;
  });

function firstsIn(rows: readonly Found[]): Firsts {
  const buckets = new Map<number, number>();
  for (const row of rows) {
    const bucket = Number(row['bucket']);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + Number(row['count']));
  }
  const count = [...buckets.values()].reduce((sum, one) => sum + one, 0);
  return { half: timeBy(HALF, buckets), most: timeBy(MOST, buckets), count };
}

/** The span of a day (UTC). */
export const spanOfDay = (now: number): Span => {
  const since = firstHourOf(dayOf(now)) * HOUR_MS;
  return { since, until: since + DAY_HOURS * HOUR_MS };
};
