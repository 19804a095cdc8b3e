/** The tables of usage, and the statements that write them. Why: docs/decisions/0151-usage-is-sums.md */
import { COUNT_NAMES } from './counts.ts';

/** `in` and `left` are words of SQL. */
export const quoted = (name: string): string => `"${name}"`;

const COUNTS = COUNT_NAMES.map((name) => `${quoted(name)} REAL NOT NULL DEFAULT 0`).join(', ');

/** The columns of each table that its counts are kept by. An `hour` after the time in which hours are kept is the first of its day. */
export const KEPT_BY = {
  usage: ['hour', 'upstream', 'model', 'asked', 'key', 'client', 'caller'],
  sessions: ['day', 'upstream', 'session', 'model', 'client'],
  errors: ['hour', 'upstream', 'model', 'key', 'client', 'type'],
  firsts: ['hour', 'upstream', 'model', 'key', 'client', 'bucket'],
} as const;

export type TableName = keyof typeof KEPT_BY;

const NUMBERS: ReadonlySet<string> = new Set(['hour', 'day', 'bucket']);
const columns = (table: TableName): string =>
  KEPT_BY[table].map((name) => `${name} ${NUMBERS.has(name) ? 'INTEGER' : 'TEXT'} NOT NULL`).join(', ');

const table = (name: TableName, more: string): string =>
  `CREATE TABLE IF NOT EXISTS ${name} (${columns(name)}, ${more}, PRIMARY KEY (${KEPT_BY[name].join(', ')})) STRICT, WITHOUT ROWID`;

export const SCHEMA = [
  table('usage', COUNTS),
  // `latest`: milliseconds since the epoch.
  table('sessions', `began INTEGER NOT NULL, latest INTEGER NOT NULL, ${COUNTS}`),
  table('errors', 'count INTEGER NOT NULL'),
  table('firsts', 'count INTEGER NOT NULL'),
  'CREATE INDEX IF NOT EXISTS sessions_latest ON sessions (latest)',
  // What requests under way may cost. `until`: milliseconds since the epoch.
  `CREATE TABLE IF NOT EXISTS reserved (id TEXT PRIMARY KEY, upstream TEXT NOT NULL, client TEXT NOT NULL,
    dollars REAL NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  'CREATE TABLE IF NOT EXISTS folder (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT',
].join(';\n');

const SUMMED: Readonly<Record<TableName, readonly string[]>> = {
  usage: COUNT_NAMES,
  sessions: COUNT_NAMES,
  errors: ['count'],
  firsts: ['count'],
};

/** What is done with the other columns where a row is there already. */
const MERGED: Partial<Record<TableName, string>> = {
  sessions: 'began = min(began, excluded.began), latest = max(latest, excluded.latest)',
};
const OTHERS: Partial<Record<TableName, readonly string[]>> = { sessions: ['began', 'latest'] };

/** All columns of a table, in the order in which `added` takes their values. */
export const columnsOf = (name: TableName): readonly string[] => [
  ...KEPT_BY[name],
  ...(OTHERS[name] ?? []),
  ...SUMMED[name],
];

const conflict = (name: TableName): string => {
  const sums = SUMMED[name].map((one) => `${quoted(one)} = ${quoted(one)} + excluded.${quoted(one)}`);
  const merged = MERGED[name];
  return `ON CONFLICT DO UPDATE SET ${[...(merged === undefined ? [] : [merged]), ...sums].join(', ')}`;
};

/** Adds a row to what there is. */
export function added(name: TableName): string {
  const all = columnsOf(name);
  return `INSERT INTO ${name} (${all.map(quoted).join(', ')}) VALUES (${all.map(() => '?').join(', ')}) ${conflict(name)}`;
}

const HOURLY: readonly TableName[] = ['usage', 'errors', 'firsts'];

/** Makes one row of the hours of each day before `?1`. Run in the given order. */
export const TO_DAYS: readonly string[] = HOURLY.flatMap((name) => {
  const [, ...others] = KEPT_BY[name];
  const sums = SUMMED[name].map((one) => `sum(${quoted(one)})`);
  return [
    `INSERT INTO ${name} (${columnsOf(name).map(quoted).join(', ')})
      SELECT hour / 24 * 24, ${[...others, ...sums].join(', ')} FROM ${name}
      WHERE hour < ?1 AND hour % 24 != 0 GROUP BY hour / 24, ${others.join(', ')} ${conflict(name)}`,
    `DELETE FROM ${name} WHERE hour < ?1 AND hour % 24 != 0`,
  ];
});

export const FORGET_HOURS: readonly string[] = HOURLY.map((name) => `DELETE FROM ${name} WHERE hour < ?1`);
/** `?1`: the first day that is kept. `?2`: the most rows. */
export const FORGET_SESSIONS: readonly string[] = [
  'DELETE FROM sessions WHERE day < ?1',
  `DELETE FROM sessions WHERE latest < (SELECT latest FROM sessions ORDER BY latest DESC LIMIT 1 OFFSET ?1)`,
];
