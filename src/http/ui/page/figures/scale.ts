/** Scales for bars and charts. */

/** The seconds at which a bar of the list ends: a power of two that nearly all of the requests are below. */
export function barScaleMs(totals: readonly number[]): number {
  const sorted = totals.toSorted((a, b) => a - b);
  const most = sorted[Math.floor(sorted.length * 0.95)] ?? sorted.at(-1) ?? 0;
  let scale = 1_000;
  while (scale < most && scale < 4_096_000) scale *= 2;
  return scale;
}

/** The step between the lines of a scale with at most `most` lines: 1, 2 or 5 times a power of ten, `least` at least. */
export function niceStep(range: number, most: number, least = 0): number {
  if (!(range > 0)) return 1;
  const rough = range / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
  return Math.max(least, factor * power);
}

/** The places of the lines of a scale that ends at its last line, which is not below `value`. */
export function linesUntil(value: number, most: number, least = 0): number[] {
  if (!(value > 0)) return [0];
  const step = niceStep(value, most, least);
  return Array.from({ length: Math.ceil(value / step - 1e-9) + 1 }, (_, index) => index * step);
}

/** The places of the lines, from 0 until the range's end. */
export function ticks(range: number, most: number, least = 0): number[] {
  const step = niceStep(range, most, least);
  return Array.from({ length: Math.floor(range / step + 1e-9) + 1 }, (_, index) => index * step);
}
