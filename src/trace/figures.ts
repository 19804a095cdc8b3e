/** What a process has counted, and what comes of it where several processes serve one port. */

export type RecentError = {
  at: string;
  /** The class of the upstream failure; undefined where upstream did not fail. */
  class?: string;
  type: string;
  message: string;
  request_id: string;
};

/** The requests to upstream that ended lately. */
export type Lately = {
  ended: number;
  failed: number;
  /** Who asked, where all of them are of one asker and any of them may itself be at fault. */
  asker?: string;
};

export type Figures = {
  /** The start of the process, in milliseconds since the epoch. */
  since: number;
  /** The number of answers under way. */
  open: number;
  requests: number;
  retries: number;
  /** The number of errors of each type, by the type's name on the client's wire. */
  errors: Record<string, number>;
  /** Newest first. */
  recentErrors: RecentError[];
  lately: Lately;
};

export type Health = 'healthy' | 'degraded' | 'unhealthy';

export const MOST_RECENT_ERRORS = 20;
/** Fewer requests than this say nothing of the present health. */
const ENOUGH = 4;

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

/**
 * Where all failures are of one asker, they may come from one request that upstream cannot answer and that its client
 * sends again and again. Other requests may then be answered.
 */
export function healthOf({ ended, failed, asker }: Lately): Health {
  if (failed === 0) return 'healthy';
  return ended >= ENOUGH && failed === ended && asker === undefined ? 'unhealthy' : 'degraded';
}

/** The figures of several processes together. */
export function together(all: readonly [Figures, ...Figures[]]): Figures {
  const types = new Set(all.flatMap(({ errors }) => Object.keys(errors)));
  const latest = all.flatMap(({ recentErrors }) => recentErrors).sort((a, b) => b.at.localeCompare(a.at));
  return {
    since: Math.min(...all.map(({ since }) => since)),
    open: sumOf(all.map(({ open }) => open)),
    requests: sumOf(all.map(({ requests }) => requests)),
    retries: sumOf(all.map(({ retries }) => retries)),
    errors: Object.fromEntries(
      [...types].map((type) => [type, sumOf(all.map(({ errors }) => errors[type] ?? 0))]),
    ),
    recentErrors: latest.slice(0, MOST_RECENT_ERRORS),
    lately: joined(all.map(({ lately }) => lately)),
  };
}

function joined(all: readonly Lately[]): Lately {
  const busy = all.filter(({ ended }) => ended > 0);
  const [asker, ...others] = new Set(busy.map((one) => one.asker));
  return {
    ended: sumOf(busy.map(({ ended }) => ended)),
    failed: sumOf(busy.map(({ failed }) => failed)),
    ...(asker !== undefined && others.length === 0 ? { asker } : {}),
  };
}
