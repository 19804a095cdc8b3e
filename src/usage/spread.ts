/**
 * How times are spread: each is counted in a bucket, eight of which double the time. So the times of any span can be
 * added up, and a time by which half or most of them were over is right to some percent.
 */

const PER_DOUBLING = 8;

export const bucketOf = (ms: number): number => Math.round(Math.log2(Math.max(1, ms)) * PER_DOUBLING);

const timeOf = (bucket: number): number => 2 ** (bucket / PER_DOUBLING);

/** `share`: 0.5 for the time by which half were over. Undefined where there are no times. */
export function timeBy(share: number, buckets: ReadonlyMap<number, number>): number | undefined {
  const total = [...buckets.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= share * total) return Math.round(timeOf(bucket));
  }
  return undefined;
}
