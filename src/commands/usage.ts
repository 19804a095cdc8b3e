/** `bun run usage`: what was used, and what it has cost. */
import { accessSync } from 'node:fs';
import { join } from 'node:path';
import { LIST_SOURCE } from '../anthropic/list-prices.ts';
import { asCalled, openOwnEnvFiles, usualDataDir } from '../config/program.ts';
import { PRICES } from '../gemini/model-rows.ts';
import { systemClock } from '../lib/ports.ts';
import { ArgumentError, readArguments } from '../lib/program/arguments.ts';
import { quoted } from '../lib/shown-text.ts';
import { COUNT_NAMES, type Counts, noCounts, PAID, UNPAID, USAGE_FILE } from '../usage/counts.ts';
import { readUsageFile } from '../usage/read-file.ts';
import {
  GROUPS,
  type GroupedBy,
  type Span,
  type UsageReader,
  type UsageRow,
  wholeUnits,
} from '../usage/reader.ts';
import { jsonReport, type Report, tableReport } from '../usage/report.ts';
import { readSince } from '../usage/since.ts';

const EXIT_FAILED = 1;
const USUAL_SINCE = '30d';

export const HELP = `What was used, and what it has cost

  bun run usage                    by day, of the last 30 days
  bun run usage --by model         also: asked, key, client, session, caller, hour, upstream
  bun run usage --since 7d         or 24h, 3w, today, or a day such as 2026-11-01 (UTC)
  bun run usage --json             for programs
  bun run usage --data-dir DIR     the folder that DATA_DIR names for the proxy

The proxy may go on serving meanwhile; what it counts is written every two seconds. Dollars are by Google's list of
prices. Beside them is what Anthropic asks by its list for the same tokens.
`;

type Asked = { by: GroupedBy; since: number; json: boolean; dataDir: string };

const isGroup = (text: string): text is GroupedBy => GROUPS.some((one) => one === text);

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = { by: text, since: text, json: flag, 'data-dir': text, help: { ...flag, short: 'h' } };

/** What the arguments ask for; undefined where it is help. */
function readAsked(argv: readonly string[], now: number): Asked | undefined {
  const { values } = readArguments(argv, OPTIONS);
  if (values.help) return undefined;
  const { by = 'day', since = USUAL_SINCE, json = false } = values;
  if (!isGroup(by)) throw new ArgumentError(`--by: expected one of ${GROUPS.join(', ')}, got ${quoted(by)}`);
  const from = readSince(since, now);
  if (from === undefined)
    throw new ArgumentError(
      `--since: expected 7d, 24h, today or a day such as 2026-11-01, got ${quoted(since)}`,
    );
  const { atStart } = openOwnEnvFiles();
  const dataDir = values['data-dir'] || atStart['DATA_DIR'] || usualDataDir(atStart);
  return { by, since: from, json, dataDir };
}

/** Less is the error of adding fractions. */
const LEAST = 1e-9;

/** Rows that add up to the total: requests without a session, and those of sessions that are kept no longer, are the last one. */
function withRest(rows: readonly UsageRow[], total: Counts): readonly UsageRow[] {
  const rest = noCounts();
  for (const name of COUNT_NAMES) {
    const left = rows.reduce((sum, row) => sum - row[name], total[name]);
    rest[name] = left < LEAST ? 0 : left;
  }
  return rest.requests + rest.calls > 0 ? [...rows, { name: '', ...rest }] : rows;
}

function reportOf(reader: UsageReader, by: GroupedBy, span: Span): Report {
  const paid = reader.total({ ...span, upstreams: PAID });
  const upstreams = paid.requests + paid.calls > 0 ? PAID : UNPAID;
  const wanted = { ...span, upstreams };
  const [rows, total] = [reader.by(by, wanted), reader.total(wanted)];
  return {
    by,
    ...span,
    isPaid: upstreams === PAID,
    rows: by === 'session' ? withRest(rows, total) : rows,
    total,
    sources: { google: PRICES, list: LIST_SOURCE },
  };
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Undefined where nothing was counted yet. Throws where the file cannot be read. */
function read(dataDir: string, by: GroupedBy, span: Span): Report | undefined {
  const file = join(dataDir, USAGE_FILE);
  try {
    accessSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return readUsageFile(file, (reader) => reportOf(reader, by, span));
}

export async function usage(argv: readonly string[]): Promise<void> {
  const now = systemClock.wall().getTime();
  const asked = readAsked(argv, now);
  if (!asked) {
    process.stdout.write(asCalled(HELP));
    return;
  }
  const { by, json, dataDir } = asked;
  const span = wholeUnits(by, { since: asked.since, until: now });
  let report: Report | undefined;
  try {
    report = read(dataDir, by, span);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(asCalled(unreadable(dataDir, why)));
    process.exit(EXIT_FAILED);
  }
  if (json) process.stdout.write(`${JSON.stringify(jsonReport(report, by, span), undefined, 2)}\n`);
  else process.stdout.write(report ? tableReport(report) : asCalled(nothing(dataDir)));
}

const nothing = (dataDir: string): string =>
  `Nothing was counted yet in ${dataDir}. The proxy counts as it serves; another folder is named by --data-dir or DATA_DIR.\n`;

const unreadable = (dataDir: string, why: string): string =>
  `${join(dataDir, USAGE_FILE)} cannot be read: ${why}. Run this as the user of the proxy, or name its folder by --data-dir or DATA_DIR.\n`;
