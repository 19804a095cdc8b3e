/** The rows of the table of models. `MODELS_FILE` adds to them, and overrides them. */

import type { Price, Rates, Tier } from '../prices/prices.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type Caching, type GeminiModel, ModelTable, type Thinking } from './models.ts';

export const MILLION = 1_048_576;

/** The properties that all models of one generation share. */
type Generation = Omit<GeminiModel, 'id' | 'displayName' | 'thinking' | 'price' | 'lifecycle' | 'released'>;

/** What is kept of prompts costs more with the large models. */
const kept = (minTokens: number, storage = 1): Caching => ({ minTokens, storage });
const PRO_STORAGE = 4.5;

const GEMINI_2_0: Generation = {
  family: 'gemini-2.0',
  inputTokens: MILLION,
  outputTokens: 8_192,
  longAnswers: false,
  signatures: 'none',
  mediaInResponses: false,
  responsesAlone: false,
  readsUrls: false,
  callIds: false,
  jsonWithTools: false,
  sampling: 'honoured',
  caching: kept(4_096),
};
const GEMINI_1_5: Generation = { ...GEMINI_2_0, family: 'gemini-1.5', caching: kept(32_768) };
const GEMINI_2_5: Generation = {
  ...GEMINI_2_0,
  family: 'gemini-2.5',
  outputTokens: 65_536,
  signatures: 'optional',
  caching: kept(2_048),
};
const GEMINI_3: Generation = {
  family: 'gemini-3',
  inputTokens: MILLION,
  outputTokens: 65_536,
  longAnswers: false,
  signatures: 'required',
  mediaInResponses: true,
  responsesAlone: false,
  readsUrls: true,
  callIds: true,
  jsonWithTools: true,
  sampling: 'ignored',
  caching: kept(4_096),
};
const GEMINI_4: Generation = { ...GEMINI_3, family: 'gemini-4', longAnswers: true, caching: undefined };

const NO_THINKING: Thinking = { kind: 'none' };
const LOW_HIGH: Thinking = { kind: 'level', levels: ['low', 'high'] };
const LOW_TO_HIGH: Thinking = { kind: 'level', levels: ['low', 'medium', 'high'] };
const LOW_TO_XHIGH: Thinking = { kind: 'level', levels: ['low', 'medium', 'high', 'xhigh'] };
const MINIMAL_TO_HIGH: Thinking = { kind: 'level', levels: ['minimal', 'low', 'medium', 'high'] };
const budget = (min: number, max: number, off: boolean): Thinking => ({ kind: 'budget', min, max, off });

/** The pages behind the figures below, and the day on which they were read. */
export const PRICES = { page: 'https://ai.google.dev/gemini-api/docs/pricing', date: '2026-11-22' };
const MODELS_PAGE = 'https://ai.google.dev/gemini-api/docs/models';
const DEPRECATIONS = 'https://ai.google.dev/gemini-api/docs/deprecations';
/** Where the rows below come from, for `docs/mapping.md`. */
export const SOURCES = [
  { what: 'prices', ...PRICES },
  { what: 'limits, thinking and caching', page: MODELS_PAGE, date: '2026-11-22' },
  { what: 'lifecycle', page: DEPRECATIONS, date: '2026-11-22' },
] as const;

/** Dollars per million tokens: input, output, cached input. */
type Figures = readonly [input: number, output: number, cacheRead: number];

const tier = (
  [input, output, cacheRead]: Figures,
  more: Omit<Tier, keyof Rates> & Pick<Rates, 'audio'> = {},
): Tier => ({
  input,
  output,
  thinking: output,
  cacheRead,
  ...more,
});

const price = (...tiers: readonly Tier[]): Price => ({ tiers, source: PRICES });
const audio = (input: number, cacheRead: number) => ({ audio: { input, cacheRead } });

/** Argon and Carbon are cheaper in their first weeks. */
const FIRST_WEEKS_THEN: Price = price(tier([2, 10, 0.1]), tier([4, 20, 0.2], { from: '2026-12-01' }));
const PRO_3: Price = price(tier([2, 12, 0.2]), tier([4, 18, 0.4], { above: 200_000 }));

const STABLE: Lifecycle = { stage: 'stable' };
const PREVIEW: Lifecycle = { stage: 'preview' };
const retired = (retires: string, successor: string): Lifecycle => ({ stage: 'retired', retires, successor });
/** Google does not end these models: it answers in their names with others. */
const routed = (to: string): Lifecycle => ({
  stage: 'deprecated',
  retires: '2026-12-01',
  successor: to,
  routed: { from: '2026-12-01', to },
});

type Own = Pick<GeminiModel, 'id' | 'displayName' | 'thinking' | 'price' | 'released'> & {
  lifecycle?: Lifecycle;
  caching?: Caching;
};

const row = (generation: Generation, own: Own): GeminiModel => ({ ...generation, lifecycle: STABLE, ...own });

/** Newest first. */
const ROWS: readonly GeminiModel[] = [
  row(GEMINI_4, {
    id: 'gemini-4-neon',
    displayName: 'Gemini 4 Neon',
    thinking: LOW_TO_XHIGH,
    price: price(tier([3, 15, 0.15])),
    released: '2026-11-18',
  }),
  row(GEMINI_4, {
    id: 'gemini-4-hydrogen',
    displayName: 'Gemini 4 Hydrogen',
    thinking: LOW_TO_XHIGH,
    price: price(tier([1.5, 7.5, 0.075])),
    released: '2026-11-12',
  }),
  row(GEMINI_4, {
    id: 'gemini-4-carbon',
    displayName: 'Gemini 4 Carbon',
    thinking: LOW_TO_HIGH,
    price: FIRST_WEEKS_THEN,
    released: '2026-11-10',
  }),
  row(GEMINI_4, {
    id: 'gemini-4-argon',
    displayName: 'Gemini 4 Argon',
    thinking: LOW_TO_HIGH,
    price: FIRST_WEEKS_THEN,
    released: '2026-10-13',
  }),
  row(GEMINI_3, {
    id: 'gemini-3.8-flash',
    displayName: 'Gemini 3.8 Flash',
    thinking: LOW_TO_HIGH,
    price: price(tier([0.75, 3.75, 0.075])),
    released: '2026-09-02',
  }),
  row(GEMINI_3, {
    id: 'gemini-3.7-flash',
    displayName: 'Gemini 3.7 Flash',
    thinking: LOW_TO_HIGH,
    price: price(tier([0.75, 3.75, 0.075])),
    released: '2026-08-25',
  }),
  row(GEMINI_3, {
    id: 'gemini-3.6-flash',
    displayName: 'Gemini 3.6 Flash',
    thinking: MINIMAL_TO_HIGH,
    price: price(tier([0.75, 3.75, 0.075])),
    released: '2026-08-01',
  }),
  row(GEMINI_3, {
    id: 'gemini-3.5-flash',
    displayName: 'Gemini 3.5 Flash',
    thinking: MINIMAL_TO_HIGH,
    price: price(tier([1.5, 9, 0.15])),
    released: '2026-06-02',
  }),
  row(GEMINI_3, {
    id: 'gemini-3.5-flash-lite',
    displayName: 'Gemini 3.5 Flash-Lite',
    thinking: MINIMAL_TO_HIGH,
    price: price(tier([0.3, 2.5, 0.03])),
    released: '2026-06-01',
  }),
  row(GEMINI_3, {
    id: 'gemini-3.1-flash-lite',
    displayName: 'Gemini 3.1 Flash-Lite',
    thinking: MINIMAL_TO_HIGH,
    price: price(tier([0.25, 1.5, 0.025], audio(0.5, 0.05))),
    released: '2026-03-02',
  }),
  row(GEMINI_3, {
    id: 'gemini-3.1-pro-preview',
    displayName: 'Gemini 3.1 Pro (preview)',
    thinking: LOW_TO_HIGH,
    caching: kept(4_096, PRO_STORAGE),
    price: PRO_3,
    lifecycle: PREVIEW,
    released: '2026-03-01',
  }),
  row(GEMINI_3, {
    id: 'gemini-3-flash-preview',
    displayName: 'Gemini 3 Flash (preview)',
    thinking: MINIMAL_TO_HIGH,
    price: price(tier([0.5, 3, 0.05], audio(1, 0.1))),
    lifecycle: PREVIEW,
    released: '2025-12-17',
  }),
  row(GEMINI_3, {
    id: 'gemini-3-pro-preview',
    displayName: 'Gemini 3 Pro (preview)',
    thinking: LOW_HIGH,
    caching: kept(4_096, PRO_STORAGE),
    price: PRO_3,
    lifecycle: retired('2026-03-09', 'gemini-3.1-pro-preview'),
    released: '2025-11-18',
  }),
  row(GEMINI_2_5, {
    id: 'gemini-2.5-flash-lite',
    displayName: 'Gemini 2.5 Flash-Lite',
    thinking: budget(512, 24_576, true),
    price: price(tier([0.1, 0.4, 0.01], audio(0.3, 0.03))),
    released: '2025-07-22',
  }),
  row(GEMINI_2_5, {
    id: 'gemini-2.5-pro',
    displayName: 'Gemini 2.5 Pro',
    thinking: budget(128, 32_768, false),
    caching: kept(2_048, PRO_STORAGE),
    price: price(tier([1.25, 10, 0.125]), tier([2.5, 15, 0.25], { above: 200_000 })),
    lifecycle: routed('gemini-3.8-flash'),
    released: '2025-06-17',
  }),
  row(GEMINI_2_5, {
    id: 'gemini-2.5-flash',
    displayName: 'Gemini 2.5 Flash',
    thinking: budget(0, 24_576, true),
    price: price(tier([0.3, 2.5, 0.03], audio(1, 0.1))),
    lifecycle: routed('gemini-3.5-flash-lite'),
    released: '2025-06-17',
  }),
  row(GEMINI_2_0, {
    id: 'gemini-2.0-flash',
    displayName: 'Gemini 2.0 Flash',
    thinking: NO_THINKING,
    price: price(tier([0.1, 0.4, 0.025], audio(0.7, 0.175))),
    lifecycle: retired('2026-06-01', 'gemini-3.5-flash-lite'),
    released: '2025-02-05',
  }),
  row(GEMINI_1_5, {
    id: 'gemini-1.5-flash',
    displayName: 'Gemini 1.5 Flash',
    thinking: NO_THINKING,
    price: price(tier([0.075, 0.3, 0.01875]), tier([0.15, 0.6, 0.0375], { above: 128_000 })),
    lifecycle: retired('2025-09-24', 'gemini-3.5-flash-lite'),
    released: '2024-05-24',
  }),
];

/** The table without a user's file, and without Google's list. */
export const BUILT_IN = new ModelTable(ROWS);

/** Newest first. */
export const MODELS: readonly GeminiModel[] = BUILT_IN.rows;

export const isKnownModel = (id: string): boolean => BUILT_IN.isKnown(id);
export const modelRow = (id: string): GeminiModel => BUILT_IN.row(id);
