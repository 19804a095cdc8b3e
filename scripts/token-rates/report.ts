/** Prints errors: their median, their 95th percentile and their mean, for all and by bucket. */

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(8);

export function errorLine(name: string, errors: readonly number[]): string {
  const sizes = errors.map(Math.abs);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const figures = [quantile(sizes, 0.5), quantile(sizes, 0.95), mean].map(percent).join(' ');
  return `${name.padEnd(28)} ${String(errors.length).padStart(5)} ${figures}`;
}

export const ERROR_HEAD = `${''.padEnd(28)} count   median      p95     mean`;

export function byBucket(buckets: readonly string[], errors: readonly number[]): string[] {
  const groups = Map.groupBy(
    errors.map((error, index) => ({ error, bucket: buckets[index] ?? '' })),
    ({ bucket }) => bucket,
  );
  return [...groups].map(([bucket, all]) =>
    errorLine(
      bucket,
      all.map(({ error }) => error),
    ),
  );
}
