/**
 * On which terms prompts are kept: whether it pays by the prices in the table of models, what may be spent within an
 * hour, and what Google's refusals have taught.
 */
import { leastTokensSaid } from '../../gemini/cached-contents.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import type { Caching, GeminiModel } from '../../gemini/models.ts';
import type { Clock } from '../../lib/ports.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import { type Rates, ratesOf } from '../../prices/prices.ts';
import type { CacheTtl } from '../../translate/request/cache-marks.ts';
import { keepingCost, pays, paysToProlong, storageCost } from './policy.ts';

/** A beginning that is wanted kept (`Offer` of `policy.ts`), and the tokens of the whole prompt. */
export type Wanted = {
  key: string;
  model: GeminiModel;
  terms: Caching;
  ttlMs: number;
  tokens: number;
  promptTokens: number;
  read: number;
  missed: number;
  reuses: number;
};

export const TTL_MS = { '5m': 300_000, '1h': 3_600_000 } as const satisfies Record<CacheTtl, number>;

type Bought = Pick<Wanted, 'model' | 'terms' | 'ttlMs' | 'tokens' | 'promptTokens'>;

/** Dollars. */
const MOST_AN_HOUR = 5;
/** Milliseconds for which nothing is kept with a model and a key, after Google has refused to, or has failed to. */
const REFUSED_MS = 3_600_000;
const FAILED_MS = 300_000;
const HOUR_MS = 3_600_000;
const MOST_MEMORIES = 1_000;
const TOO_MANY_REQUESTS = 429;

export class Terms {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #spent: { at: number; dollars: number }[] = [];
  /** By key and model: the time until which nothing is kept. */
  readonly #off = new RecentMap<string, number>(MOST_MEMORIES);
  /** By model: the least tokens that it keeps, as Google has said. */
  readonly #least = new RecentMap<string, number>(MOST_MEMORIES);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isWorthwhile(wanted: Wanted): boolean {
    const { model, key, terms, tokens, promptTokens, read, missed, reuses } = wanted;
    const rates = this.#rates(model, promptTokens);
    if (!rates || tokens < (this.#least.get(model.id) ?? terms.minTokens)) return false;
    if ((this.#off.get(ownerOf(model.id, key)) ?? 0) > this.#clock.monotonic()) return false;
    return pays({ ...costs(wanted, rates), read, missed, reuses });
  }

  /** What it costs to have something kept, and at which rates; undefined where nobody knows the price. */
  cost(wanted: Bought): { rates: Rates; dollars: number } | undefined {
    const rates = this.#rates(wanted.model, wanted.promptTokens);
    return rates && { rates, dollars: keepingCost(costs(wanted, rates)) };
  }

  /** Pays for something to be kept. False where the budget of the hour is used up. */
  pay(wanted: Bought): boolean {
    const cost = this.cost(wanted);
    return cost !== undefined && this.#take(cost.dollars);
  }

  /** Pays for something to be kept on, if that pays. */
  payToProlong(wanted: Pick<Wanted, 'model' | 'terms' | 'ttlMs' | 'tokens'>): boolean {
    const rates = this.#rates(wanted.model, wanted.tokens);
    const offer = rates && costs(wanted, rates);
    return offer !== undefined && paysToProlong(offer) && this.#take(storageCost(offer));
  }

  /** Google has refused to keep something, or it has failed. */
  failed(error: unknown, model: string, key: string): void {
    const { status, least } =
      error instanceof UpstreamError ? { status: error.status, least: leastTokensSaid(error) } : {};
    if (least !== undefined) {
      this.#least.set(model, least);
      return;
    }
    const isRefused = status !== undefined && status < 500 && status !== TOO_MANY_REQUESTS;
    this.#setOff(model, key, isRefused ? REFUSED_MS : FAILED_MS);
  }

  /** Google does not take a request with what it has kept. */
  refused(model: string, key: string): void {
    this.#setOff(model, key, REFUSED_MS);
  }

  #setOff(model: string, key: string, ms: number): void {
    this.#off.set(ownerOf(model, key), this.#clock.monotonic() + ms);
  }

  #take(dollars: number): boolean {
    const now = this.#clock.monotonic();
    while (this.#spent[0] && this.#spent[0].at <= now - HOUR_MS) this.#spent.shift();
    const spent = this.#spent.reduce((sum, one) => sum + one.dollars, 0);
    if (spent + dollars > MOST_AN_HOUR) return false;
    this.#spent.push({ at: now, dollars });
    return true;
  }

  #rates(model: GeminiModel, promptTokens: number): Rates | undefined {
    return ratesOf(model.price, { at: this.#clock.wall().toISOString().slice(0, 10), promptTokens });
  }
}

const costs = ({ tokens, ttlMs, terms }: Pick<Wanted, 'tokens' | 'ttlMs' | 'terms'>, rates: Rates) => ({
  kept: tokens,
  hours: ttlMs / HOUR_MS,
  rates,
  storage: terms.storage,
});

const ownerOf = (model: string, key: string): string => `${key} ${model}`;
