/**
 * Chance that hangs on the place of a request: on the seed, on what was said in its turn, and on how often this very
 * step has failed. It does not hang on the order in which requests come, so many requests at once have the same luck on
 * every run.
 */
import { createSeededRandom, type Random } from '../../lib/ports.ts';
import type { Distribution, Speed } from '../scenario/types.ts';

export class Chance {
  readonly #seed: number;
  readonly #place: string;

  /** `place`: identifies the request, and the number of its attempts that have failed. */
  constructor(seed: number, place: string) {
    this.#seed = seed;
    this.#place = place;
  }

  /** The random numbers for one purpose; others do not change them. */
  random(purpose: string): Random {
    return createSeededRandom(this.number(purpose));
  }

  /** A whole number of 32 bits. */
  number(purpose: string): number {
    return Number(Bun.hash.xxHash32(JSON.stringify([this.#seed, this.#place, purpose])));
  }
}

/** One of `ways`, by their weights. Undefined where there are none with a weight. */
export function oneOf<T>(ways: readonly { weight: number; act: T }[], random: Random): T | undefined {
  const sum = ways.reduce((total, { weight }) => total + weight, 0);
  let left = random.next() * sum;
  for (const { weight, act } of ways) {
    left -= weight;
    if (left < 0) return act;
  }
  return undefined;
}

/** A number of the standard normal distribution (Box and Muller). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

export function draw(distribution: Distribution, random: Random): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return distribution.from + (distribution.to - distribution.from) * random.next();
    case 'normal':
      return Math.max(0, distribution.mean + distribution.deviation * normal(random));
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma * normal(random));
  }
}

/** The speed of one answer. */
export type DrawnSpeed = {
  /** Milliseconds until the first event. */
  firstMs: number;
  tokensPerSecond: number;
};

/** The longest first wait that is drawn: a day, as in settings. */
const LONGEST_MS = 86_400_000;
/** A model that stands still would never end its answer. */
const SLOWEST = 0.1;

export function drawSpeed({ firstMs, tokensPerSecond }: Speed, chance: Chance): DrawnSpeed {
  return {
    firstMs: Math.min(LONGEST_MS, draw(firstMs, chance.random('first token'))),
    tokensPerSecond: Math.max(SLOWEST, draw(tokensPerSecond, chance.random('tokens'))),
  };
}
