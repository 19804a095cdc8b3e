/** Reads how fast a scenario's answers are. */
import type { Path, Tell } from './problems.ts';
import type { FigureData, PaceData } from './schema.ts';
import type { Distribution, Speed } from './types.ts';

/** Real models vary by about this share. */
const SPREAD = 0.5;

const around = (value: number): Distribution => ({
  kind: 'uniform',
  from: value * (1 - SPREAD),
  to: value * (1 + SPREAD),
});

/** The speed where a file sets none. */
export const USUAL_SPEED: Speed = { firstMs: around(600), tokensPerSecond: { kind: 'fixed', value: 90 } };

/** 95 % of a normal distribution are below the mean and so many standard deviations. */
const Z95 = 1.6448536269514722;

export function toSpeed({ first_ms: first, tokens_per_second: rate }: PaceData, at: Path, tell: Tell): Speed {
  return {
    firstMs:
      typeof first === 'number'
        ? around(first)
        : first === undefined
          ? USUAL_SPEED.firstMs
          : toDistribution(first, [...at, 'first_ms'], tell),
    tokensPerSecond:
      rate === undefined
        ? USUAL_SPEED.tokensPerSecond
        : toDistribution(rate, [...at, 'tokens_per_second'], tell),
  };
}

const KINDS = ['fixed', 'uniform', 'normal', 'lognormal', 'p50'] as const;

function toDistribution(data: FigureData, at: Path, tell: Tell): Distribution {
  if (typeof data === 'number') return { kind: 'fixed', value: data };
  const { fixed, uniform, normal, lognormal, p50, p95 } = data;
  if (KINDS.filter((kind) => data[kind] !== undefined).length !== 1)
    tell(at, 'needs one of fixed, uniform, normal, lognormal, or p50 with p95');
  if ((p50 === undefined) !== (p95 === undefined)) tell(at, 'p50 and p95 come together');
  if (p50 !== undefined && p95 !== undefined) {
    if (p95 < p50 || p50 === 0) tell(at, 'p50 must be above 0, and p95 no less than p50');
    return { kind: 'lognormal', median: p50, sigma: Math.log(p95 / p50) / Z95 };
  }
  if (uniform) {
    const [from = 0, to = 0] = uniform;
    if (to < from) tell([...at, 'uniform'], 'the second must be no less than the first');
    return { kind: 'uniform', from, to };
  }
  if (normal) return { kind: 'normal', mean: normal[0] ?? 0, deviation: normal[1] ?? 0 };
  if (lognormal) return { kind: 'lognormal', median: lognormal[0] ?? 0, sigma: lognormal[1] ?? 0 };
  return { kind: 'fixed', value: fixed ?? 0 };
}
