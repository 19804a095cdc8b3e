/**
 * What Anthropic asks for its models by its list, to show beside what Gemini has cost. The list has no price for writing
 * to the cache here: nobody knows what Anthropic's cache would have held.
 */
import type { Price, Tier } from '../prices/prices.ts';

/** The pages behind the figures below, and the day on which they were read. */
export const LIST_SOURCE = {
  page: 'https://platform.claude.com/docs/en/about-claude/pricing',
  date: '2026-11-24',
} as const;

const tier = (input: number, output: number, cacheRead: number, above?: number): Tier => ({
  input,
  output,
  thinking: output,
  cacheRead,
  ...(above === undefined ? {} : { above }),
});

const FABLE_5_2 = [tier(8, 40, 0.2)];
const FABLE_5_1 = [tier(10, 50, 0.25)];
const FABLE_5 = [tier(10, 50, 1)];
const OPUS_5_5 = [tier(4, 20, 0.2)];
const OPUS_4_5 = [tier(5, 25, 0.5)];
const OPUS_4 = [tier(15, 75, 1.5)];
const SONNET_5_5 = [tier(2, 10, 0.1)];
const SONNET_5 = [tier(2, 10, 0.2)];
const SONNET_4 = [tier(3, 15, 0.3)];
const HAIKU_5_5 = [tier(0.1, 0.5, 0.01), tier(0.5, 2.5, 0.05, 100_000)];

/** Dollars per million tokens, by the id without a date. */
const ROWS: Readonly<Record<string, readonly Tier[]>> = {
  'claude-fable-5-2': FABLE_5_2,
  'claude-mythos-5-2': FABLE_5_2,
  'claude-fable-5-1': FABLE_5_1,
  'claude-mythos-5-1': FABLE_5_1,
  'claude-fable-5': FABLE_5,
  'claude-mythos-5': FABLE_5,
  'claude-opus-5-5': OPUS_5_5,
  'claude-opus-5': OPUS_4_5,
  'claude-opus-4-8': OPUS_4_5,
  'claude-opus-4-7': OPUS_4_5,
  'claude-opus-4-6': OPUS_4_5,
  'claude-opus-4-5': OPUS_4_5,
  'claude-opus-4-1': OPUS_4,
  'claude-opus-4': OPUS_4,
  'claude-3-opus': OPUS_4,
  'claude-sonnet-5-5': SONNET_5_5,
  'claude-sonnet-5': SONNET_5,
  'claude-sonnet-4-6': SONNET_4,
  'claude-sonnet-4-5': SONNET_4,
  'claude-sonnet-4': SONNET_4,
  'claude-3-7-sonnet': SONNET_4,
  'claude-3-5-sonnet': SONNET_4,
  'claude-haiku-5-5': HAIKU_5_5,
  'claude-haiku-4-5': [tier(1, 5, 0.1)],
  'claude-3-5-haiku': [tier(0.8, 4, 0.08)],
  'claude-3-haiku': [tier(0.25, 1.25, 0.03)],
};

/** What may follow the name of a model: a date, `latest`, `-0` for the first of a generation, the window in brackets. */
const SUFFIX = /(?:-0)?(?:[-@]\d{8}|-latest)?(?:\[[^\]]{1,10}\])?$/;

/** The list price of the model that the client asked for; undefined where the list has no such model. */
export function listPriceOf(id: string): Price | undefined {
  const name = id
    .toLowerCase()
    .replace(/^anthropic\//, '')
    .replace(SUFFIX, '');
  const tiers = Object.hasOwn(ROWS, name) ? ROWS[name] : undefined;
  return tiers && { tiers, source: LIST_SOURCE };
}

/** For the docs. */
export const LIST_ROWS: readonly (readonly [id: string, tiers: readonly Tier[]])[] = Object.entries(ROWS);
