/** What is counted of requests, and what the counts are kept by. */

export type Counts = {
  /** Requests of clients for messages. */
  requests: number;
  /** Those that were told an error, and those whose client left. */
  errors: number;
  left: number;
  /** Requests to upstream whose tokens were counted. */
  calls: number;
  /** Tokens. `in` does not include `cached`; `out` includes `thinking`. */
  in: number;
  cached: number;
  out: number;
  thinking: number;
  dollars: number;
  /** What the maker of the asked model would have asked for by its list. */
  listDollars: number;
  /** The calls whose price nobody knows: their dollars are missing. */
  unpriced: number;
};

export const COUNT_NAMES = [
  'requests',
  'errors',
  'left',
  'calls',
  'in',
  'cached',
  'out',
  'thinking',
  'dollars',
  'listDollars',
  'unpriced',
] as const satisfies readonly (keyof Counts)[];

export const noCounts = (): Counts => ({
  requests: 0,
  errors: 0,
  left: 0,
  calls: 0,
  in: 0,
  cached: 0,
  out: 0,
  thinking: 0,
  dollars: 0,
  listDollars: 0,
  unpriced: 0,
});

export function addCounts(sum: Counts, more: Partial<Counts>): void {
  for (const name of COUNT_NAMES) sum[name] += more[name] ?? 0;
}

/** The file, in the folder that DATA_DIR names. */
export const USAGE_FILE = 'usage.sqlite';

/** What answers: the counts of a mock are not those of Google. */
export type Upstream = 'gemini' | 'vertex' | 'mock' | 'replay';

/** Those that are paid for. Where only the others have answered, their figures are shown. */
export const PAID: readonly Upstream[] = ['gemini', 'vertex'];
export const UNPAID: readonly Upstream[] = ['mock', 'replay'];

/** Undefined where the price of no call is known. */
export const knownDollars = ({ calls, unpriced, dollars }: Counts): number | undefined =>
  calls > 0 && unpriced >= calls ? undefined : dollars;

/** What a page tells of dollars: `unpriced` calls are missing in them. */
export type Cost = { dollars?: number | undefined; unpriced?: number | undefined };

export const costOf = (counts: Counts): Cost => ({
  dollars: knownDollars(counts),
  ...(counts.unpriced > 0 ? { unpriced: counts.unpriced } : {}),
});

/** What counts are kept by. A text that is not known is empty. */
export type Place = {
  /** The model that was asked; empty where nothing was sent. */
  model: string;
  /** The model that the client has asked for. */
  asked: string;
  /** The fingerprint of the key. */
  key: string;
  client: string;
  caller: string;
};

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const HOURS = 24;

/** The hour or day of a date, counted from the epoch. */
export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
export const firstHourOf = (day: number): number => day * HOURS;
