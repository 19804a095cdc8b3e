/** Finds the rates that explain counts best. No rate is negative: a piece of a prompt costs tokens, and gives none back. */

/** One count: what was counted, by its place among the rates and how often, and what came out. */
export type Sample = { features: ReadonlyMap<number, number>; tokens: number };

/**
 * Minimises the squares of the relative errors. `prior`: the rates from which the data should only move where they have
 * reason to. `trust`: how much the prior weighs.
 */
export function fitRates(
  samples: readonly Sample[],
  prior: readonly number[],
  { trust, rounds, fixed }: { trust: number; rounds: number; fixed?: ReadonlySet<number> },
): number[] {
  const rates = [...prior];
  const columns: { sample: number; times: number }[][] = prior.map(() => []);
  samples.forEach(({ features }, sample) => {
    for (const [rate, times] of features) columns[rate]?.push({ sample, times });
  });
  const weights = samples.map(({ tokens }) => 1 / tokens ** 2);
  const rest = samples.map(({ features, tokens }) => tokens - tokensOf(features, rates));
  for (let round = 0; round < rounds; round++) {
    columns.forEach((column, rate) => {
      if (fixed?.has(rate)) return;
      const now = rates[rate] ?? 0;
      const expected = prior[rate] ?? 0;
      let pull = trust / Math.max(1, expected) ** 2;
      let gain = pull * (expected - now);
      for (const { sample, times } of column) {
        const weight = weights[sample] ?? 0;
        gain += weight * times * (rest[sample] ?? 0);
        pull += weight * times * times;
      }
      const next = Math.max(0, now + gain / pull);
      for (const { sample, times } of column) rest[sample] = (rest[sample] ?? 0) - (next - now) * times;
      rates[rate] = next;
    });
  }
  return rates;
}

export function tokensOf(features: ReadonlyMap<number, number>, rates: readonly number[]): number {
  let tokens = 0;
  for (const [rate, times] of features) tokens += (rates[rate] ?? 0) * times;
  return tokens;
}

/**
 * The relative errors of samples that took no part in the fit that judges them: each fifth of the groups is judged by
 * the other four. `groups` names the group of each sample; what is alike belongs to one group.
 */
export function crossValidated(
  samples: readonly Sample[],
  groups: readonly string[],
  fit: (some: readonly Sample[]) => number[],
): number[] {
  const names = [...new Set(groups)];
  const partOf = new Map(names.map((name, index) => [name, index % PARTS]));
  const isIn = (part: number, index: number) => partOf.get(groups[index] ?? '') === part;
  const errors = new Array<number>(samples.length).fill(0);
  for (let part = 0; part < PARTS; part++) {
    const rates = fit(samples.filter((_, index) => !isIn(part, index)));
    samples.forEach(({ features, tokens }, index) => {
      if (isIn(part, index)) errors[index] = relativeError(tokensOf(features, rates), tokens);
    });
  }
  return errors;
}

const PARTS = 5;

export const relativeError = (estimate: number, tokens: number): number => (estimate - tokens) / tokens;
