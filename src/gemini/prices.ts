/** What models cost, and which rates apply to an answer. */

/** Dollars per million tokens. */
export type Rates = {
  input: number;
  output: number;
  /** Thoughts. With every model so far they cost as much as any other output. */
  thinking: number;
  /** Input that comes from Gemini's cache. */
  cacheRead: number;
  /** Sound costs more than text with some models. Undefined: as much as any other input. */
  audio?: { input: number; cacheRead: number };
};

/** Rates, and when they apply. */
export type Tier = Rates & {
  /** The first day (UTC) of these rates. Undefined: since ever. */
  from?: string;
  /** These rates hold for the whole request where its prompt has more tokens than this. Undefined: for any prompt. */
  above?: number;
};

/**
 * `tiers`: in any order. `source`: the page that says so, and the day (ISO) on which somebody looked. A price that nobody knows has no
 * tier.
 */
export type Price = { tiers: readonly Tier[]; source: { page: string; date: string } };

/** `at`: an ISO date. Undefined where nobody knows the price. */
export function ratesOf(
  { tiers }: Price,
  { at, promptTokens }: { at: string; promptTokens: number },
): Rates | undefined {
  const applies = ({ from = '', above = -1 }: Tier) => from <= at && promptTokens > above;
  const [first] = tiers
    .filter(applies)
    .sort((a, b) => (b.from ?? '').localeCompare(a.from ?? '') || (b.above ?? -1) - (a.above ?? -1));
  return first;
}
