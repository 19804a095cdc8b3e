/**
 * Says whether it pays to have Google keep the beginning of a prompt. To keep it is paid like reading it once, and for
 * each hour; what is read from it afterwards costs a tenth. Google's own caching (implicit) gives the same for nothing
 * where it hits, so only what that has missed can be saved. Nobody knows how long a conversation goes on; so something
 * is kept once as much was lost without it as it costs. Why: docs/decisions/0125-explicit-caching.md
 */
import type { Rates } from '../../prices/prices.ts';

export type Offer = {
  /** Tokens of the beginning, and those of them that the next request reads from a cache all the same. */
  kept: number;
  read: number;
  /** Tokens that were sent again and read anew until now, and would have come from it. */
  missed: number;
  /** How often the beginning was sent again. */
  reuses: number;
  hours: number;
  rates: Pick<Rates, 'input' | 'cacheRead'>;
  /** Dollars for a million tokens and hour. */
  storage: number;
};

/** Before anybody has seen what Google's own caching does with a conversation, nothing is bought. */
const LEAST_REUSES = 2;
/** Where more uses than this would be needed to earn the cost, nothing is bought. */
const MOST_USES = 20;

const dollars = (tokens: number, rate: number): number => (tokens * rate) / 1_000_000;

const saved = (tokens: number, { rates }: Pick<Offer, 'rates'>): number =>
  dollars(Math.max(0, tokens), rates.input - rates.cacheRead);

export const storageCost = ({ kept, hours, storage }: Pick<Offer, 'kept' | 'hours' | 'storage'>): number =>
  dollars(kept, storage) * hours;

/** What it costs to have it kept, for the first time. */
export const keepingCost = (offer: Omit<Offer, 'read' | 'missed' | 'reuses'>): number =>
  dollars(offer.kept, offer.rates.input) + storageCost(offer);

export function pays(offer: Offer): boolean {
  const cost = keepingCost(offer);
  const byUse = saved(offer.kept - offer.read, offer);
  return offer.reuses >= LEAST_REUSES && saved(offer.missed, offer) > cost && MOST_USES * byUse > cost;
}

/** What is about to expire is kept on where one more use saves more than that costs. */
export const paysToProlong = (offer: Pick<Offer, 'kept' | 'hours' | 'rates' | 'storage'>): boolean =>
  saved(offer.kept, offer) > storageCost(offer);
