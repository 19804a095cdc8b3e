/** One look at one source: where it differs from our tables, or why it could not be looked at. */
export type Look =
  | {
      source: string;
      looked: true;
      what: string;
      differences: readonly string[];
      /** The parts that could not be read, and why. */
      unread?: readonly string[];
    }
  | { source: string; looked: false; why: string };

export type DriftReport = { lines: string[]; exitCode: 0 | 1 | 2 };

/**
 * 1 where anything differs; or else 2 where something could not be looked at (nobody knows whether that differs); or
 * else 0. `accepted` has a reason for each intended difference. An accepted difference that is gone counts as drift.
 */
export function judge(
  looks: readonly Look[],
  accepted: Readonly<Record<string, Readonly<Record<string, string>>>>,
): DriftReport {
  const lines: string[] = [];
  let drifted = 0;
  for (const look of looks) {
    if (!look.looked) {
      lines.push(`could not look at ${look.source}: ${look.why}`);
      continue;
    }
    const meant = accepted[look.source] ?? {};
    const fresh = look.differences.filter((difference) => !(difference in meant));
    const gone = GONE_IS_DRIFT.includes(look.source)
      ? Object.keys(meant).filter((difference) => !look.differences.includes(difference))
      : [];
    drifted += fresh.length + gone.length;
    lines.push(`${look.source}: ${look.what}; ${summary(look.differences.length, fresh.length)}`);
    for (const problem of look.unread ?? []) lines.push(`  could not read ${problem}`);
    for (const difference of fresh) lines.push(`  drift: ${difference}`);
    for (const difference of gone) lines.push(`  drift: accepted, and no longer so: ${difference}`);
  }
  const unseen = looks.flatMap((look) => {
    if (!look.looked) return [look.source];
    const count = look.unread?.length ?? 0;
    return count > 0 ? [`${count} of ${look.source}`] : [];
  });
  const seen = drifted > 0 ? `${drifted} differences` : `no drift in what was looked at`;
  lines.push(unseen.length > 0 ? `${seen}; NOT looked at: ${unseen.join(', ')}` : seen);
  return { lines, exitCode: drifted > 0 ? 1 : unseen.length > 0 ? 2 : 0 };
}

/** A recording need not hold everything that an answer may hold. */
const GONE_IS_DRIFT: readonly string[] = ['the SDK'];

const summary = (all: number, fresh: number): string =>
  all === 0 ? 'all as we have it' : `${all - fresh} accepted differences, ${fresh} new ones`;
