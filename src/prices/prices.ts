/** What tokens cost, and which rates apply to an answer. */

/** Dollars per million tokens. */
export type Rates = {
  input: number;
  output: number;
  /** Thoughts. With every model so far they cost as much as any other output. */
  thinking: number;
  /** Input that comes from a cache. */
  cacheRead: number;
  /** Sound costs more than text with some models. Undefined: as much as any other input. */
  audio?: { input: number; cacheRead: number };
};

/** The tiers of service that have prices of their own. */
export const SERVICES = ['flex', 'priority', 'batch'] as const;
export type Service = (typeof SERVICES)[number];

/** Rates, and when they apply. */
export type Tier = Rates & {
  /** The first day (UTC) of these rates. Undefined: since ever. */
  from?: string;
  /** These rates hold for the whole request where its prompt has more tokens than this. Undefined: for any prompt. */
  above?: number;
  /** The tier of service to which these rates belong. Undefined: the ordinary one. */
  service?: Service;
};

/**
 * `tiers`: in any order. `source`: the page that says so, and the day (ISO) on which somebody looked. A price that nobody knows has no
 * tier.
 */
export type Price = { tiers: readonly Tier[]; source: { page: string; date: string } };

/** `at`: an ISO date. `service`: the word for the tier in which the request was served. */
export type Occasion = { at: string; promptTokens: number; service?: string | undefined };

/** Undefined where nobody knows the price. */
export function ratesOf({ tiers }: Price, { at, promptTokens, service }: Occasion): Rates | undefined {
  const served = SERVICES.find((one) => one === service);
  let best: Tier | undefined;
  for (const tier of tiers) {
    const { from = '', above = -1 } = tier;
    if (tier.service !== served || from > at || promptTokens <= above) continue;
    const [since, over] = [best?.from ?? '', best?.above ?? -1];
    if (!best || from > since || (from === since && above > over)) best = tier;
  }
  return best;
}

/** Tokens as they are paid for. `in` does not include `cached`; `out` includes `thinking`. */
export type Tokens = { in: number; cached: number; out: number; thinking: number };

const MILLION = 1_000_000;

export function dollarsFor({ in: fresh, cached, out, thinking }: Tokens, rates: Rates): number {
  const { input, cacheRead, output, thinking: thought } = rates;
  return (fresh * input + cached * cacheRead + (out - thinking) * output + thinking * thought) / MILLION;
}
