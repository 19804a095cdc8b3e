/** Whether a figure grows over the rounds, or only goes up and down. */

export type Growth = {
  /** The median of the rounds right after the warm-up, and of the last ones. */
  before: number;
  after: number;
  /** The rise, from the first to the last round after the warm-up, of the line that fits them best. */
  fitted: number;
  grows: boolean;
};

/** The first third of the rounds: caches fill, and code is compiled. */
export const warmUpOf = (rounds: number): number => Math.ceil(rounds / 3);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** Least squares: how much the line rises over all values. */
function rise(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [product, square] = [0, 0];
  for (const [index, value] of values.entries()) {
    product += (index - middle) * (value - mean);
    square += (index - middle) ** 2;
  }
  return square === 0 ? 0 : (product / square) * (values.length - 1);
}

/** Both must show growth: one odd round bends the line, and chance alone can lift a median. */
export function growthOf(values: readonly number[], allowance: number): Growth {
  const settled = values.slice(warmUpOf(values.length));
  const half = Math.floor(settled.length / 2);
  const before = median(settled.slice(0, half));
  const after = median(settled.slice(-half));
  const fitted = rise(settled);
  return { before, after, fitted, grows: after - before > allowance && fitted > allowance };
}
