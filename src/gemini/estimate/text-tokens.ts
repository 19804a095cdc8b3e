/** Estimates the tokens of a text. */
import { RecentMap } from '../../lib/recent-map.ts';
import { RATE_GROUPS, sumOfRates } from './text-pieces.ts';
import { TEXT_RATES } from './text-rates.ts';

const RATES = Float64Array.from(RATE_GROUPS.flatMap(([name]) => TEXT_RATES[name] ?? []));

/** Characters. A shorter text is counted as fast as it is found. */
const SHORTEST = 200;

/**
 * The texts that were counted last: a client sends the same system prompt, tools and conversation with each turn. The
 * engine keeps the hash of a text with it, so a text that is the same object is found at once.
 */
const known = new RecentMap<string, number>(20_000, { most: 4_000_000, of: (text) => text.length });

/** The tokens of `text`, about. Never negative, and never fewer for a text that goes on. Not a whole number. */
export function textTokens(text: string): number {
  if (text.length < SHORTEST) return sumOfRates(text, RATES);
  const before = known.get(text);
  if (before !== undefined) return before;
  const tokens = sumOfRates(text, RATES);
  known.set(text, tokens);
  return tokens;
}
