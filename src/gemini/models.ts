/**
 * The table of Gemini models: limits, how their thinking is set, special behaviour, price. Each model has one row. An
 * id without a row is treated like the newest model. Source: Gemini wire facts of 2026-11, section 7.
 */
import type { ThinkingLevel } from './wire.ts';

export type Thinking =
  /** The model cannot think. */
  | { kind: 'none' }
  /** Thinking is set by a token budget; `off` says whether 0 is allowed. */
  | { kind: 'budget'; min: number; max: number; off: boolean }
  /** Thinking is set by a level (lowest first), and cannot be switched off. */
  | { kind: 'level'; levels: readonly ThinkingLevel[] };

/** The family of a model. Only models of the same family accept its signatures. */
export type ModelFamily = 'gemini-1.5' | 'gemini-2.0' | 'gemini-2.5' | 'gemini-3' | 'gemini-4';

export type GeminiModel = {
  id: string;
  displayName: string;
  family: ModelFamily;
  /** Tokens. */
  inputTokens: number;
  /** The most tokens of one streamed request's answer, including thoughts. */
  outputTokens: number;
  /** True where a longer answer goes on in further requests (`CONTINUATION`). Then any limit may be asked for. */
  longAnswers: boolean;
  thinking: Thinking;
  /**
   * `required`: a call of the current turn that lacks its signature gets a 400. `optional`: signatures help, but may be
   * absent.
   */
  signatures: 'none' | 'optional' | 'required';
  /**
   * True where the model accepts media inside `functionResponse.parts`. For other models media become parts beside the
   * responses.
   */
  mediaInResponses: boolean;
  /** True where the model needs the id of a call in `functionCall` and `functionResponse`. */
  callIds: boolean;
  /** True where the model reads media by public https URLs in `fileData`. */
  readsUrls: boolean;
  /** True where the model accepts a JSON mime type together with function declarations. */
  jsonWithTools: boolean;
  /**
   * Whether the model honours sampling parameters. Gemini 4 ignores them, and Google asks clients to leave them out
   * from Gemini 3 on.
   */
  sampling: 'honoured' | 'ignored';
  /** Dollars per million tokens. */
  price: { input: number; output: number; cacheRead: number };
  /** ISO date of release. It gives `/v1/models` its order. */
  released: string;
};

const MILLION = 1_048_576;

/** The properties that all models of one generation share. */
type Generation = Omit<GeminiModel, 'id' | 'displayName' | 'thinking' | 'price' | 'released'>;

const GEMINI_2_0: Generation = {
  family: 'gemini-2.0',
  inputTokens: MILLION,
  outputTokens: 8_192,
  longAnswers: false,
  signatures: 'none',
  mediaInResponses: false,
  readsUrls: false,
  callIds: false,
  jsonWithTools: false,
  sampling: 'honoured',
};
const GEMINI_1_5: Generation = { ...GEMINI_2_0, family: 'gemini-1.5' };
const GEMINI_2_5: Generation = {
  ...GEMINI_2_0,
  family: 'gemini-2.5',
  outputTokens: 65_536,
  signatures: 'optional',
};
const GEMINI_3: Generation = {
  family: 'gemini-3',
  inputTokens: MILLION,
  outputTokens: 65_536,
  longAnswers: false,
  signatures: 'required',
  mediaInResponses: true,
  readsUrls: true,
  callIds: true,
  jsonWithTools: true,
  sampling: 'ignored',
};
const GEMINI_4: Generation = { ...GEMINI_3, family: 'gemini-4', longAnswers: true };

const NO_THINKING: Thinking = { kind: 'none' };
const LOW_HIGH: Thinking = { kind: 'level', levels: ['low', 'high'] };
const LOW_TO_HIGH: Thinking = { kind: 'level', levels: ['low', 'medium', 'high'] };
const LOW_TO_XHIGH: Thinking = { kind: 'level', levels: ['low', 'medium', 'high', 'xhigh'] };
const MINIMAL_TO_HIGH: Thinking = { kind: 'level', levels: ['minimal', 'low', 'medium', 'high'] };
const budget = (min: number, max: number, off: boolean): Thinking => ({ kind: 'budget', min, max, off });

type Price = [input: number, output: number, cacheRead: number];

const row = (
  generation: Generation,
  id: string,
  displayName: string,
  thinking: Thinking,
  [input, output, cacheRead]: Price,
  released: string,
): GeminiModel => ({
  ...generation,
  id,
  displayName,
  thinking,
  price: { input, output, cacheRead },
  released,
});

/** Newest first: the order of `/v1/models`. */
export const MODELS: readonly GeminiModel[] = [
  row(GEMINI_4, 'gemini-4-neon', 'Gemini 4 Neon', LOW_TO_XHIGH, [3, 15, 0.15], '2026-11-18'),
  row(GEMINI_4, 'gemini-4-hydrogen', 'Gemini 4 Hydrogen', LOW_TO_XHIGH, [1.5, 7.5, 0.075], '2026-11-12'),
  row(GEMINI_4, 'gemini-4-carbon', 'Gemini 4 Carbon', LOW_TO_HIGH, [2, 10, 0.1], '2026-11-10'),
  row(GEMINI_4, 'gemini-4-argon', 'Gemini 4 Argon', LOW_TO_HIGH, [2, 10, 0.1], '2026-10-13'),
  row(GEMINI_3, 'gemini-3.8-flash', 'Gemini 3.8 Flash', LOW_TO_HIGH, [0.75, 3.75, 0.075], '2026-09-02'),
  row(GEMINI_3, 'gemini-3.7-flash', 'Gemini 3.7 Flash', LOW_TO_HIGH, [0.75, 3.75, 0.075], '2026-08-25'),
  row(GEMINI_3, 'gemini-3.6-flash', 'Gemini 3.6 Flash', MINIMAL_TO_HIGH, [0.75, 3.75, 0.075], '2026-08-01'),
  row(GEMINI_3, 'gemini-3.5-flash', 'Gemini 3.5 Flash', MINIMAL_TO_HIGH, [1.5, 9, 0.15], '2026-06-02'),
  row(
    GEMINI_3,
    'gemini-3.5-flash-lite',
    'Gemini 3.5 Flash-Lite',
    MINIMAL_TO_HIGH,
    [0.3, 2.5, 0.03],
    '2026-06-01',
  ),
  row(
    GEMINI_3,
    'gemini-3.1-flash-lite',
    'Gemini 3.1 Flash-Lite',
    MINIMAL_TO_HIGH,
    [0.25, 1.5, 0.025],
    '2026-03-02',
  ),
  row(
    GEMINI_3,
    'gemini-3.1-pro-preview',
    'Gemini 3.1 Pro (preview)',
    LOW_TO_HIGH,
    [2, 12, 0.2],
    '2026-03-01',
  ),
  row(
    GEMINI_3,
    'gemini-3-flash-preview',
    'Gemini 3 Flash (preview)',
    MINIMAL_TO_HIGH,
    [0.5, 3, 0.05],
    '2025-12-17',
  ),
  row(GEMINI_3, 'gemini-3-pro-preview', 'Gemini 3 Pro (preview)', LOW_HIGH, [2, 12, 0.2], '2025-11-18'),
  row(
    GEMINI_2_5,
    'gemini-2.5-flash-lite',
    'Gemini 2.5 Flash-Lite',
    budget(512, 24_576, true),
    [0.1, 0.4, 0.01],
    '2025-07-22',
  ),
  row(
    GEMINI_2_5,
    'gemini-2.5-pro',
    'Gemini 2.5 Pro',
    budget(128, 32_768, false),
    [1.25, 10, 0.125],
    '2025-06-17',
  ),
  row(
    GEMINI_2_5,
    'gemini-2.5-flash',
    'Gemini 2.5 Flash',
    budget(0, 24_576, true),
    [0.3, 2.5, 0.03],
    '2025-06-17',
  ),
  row(GEMINI_2_0, 'gemini-2.0-flash', 'Gemini 2.0 Flash', NO_THINKING, [0.1, 0.4, 0.025], '2025-02-05'),
  row(GEMINI_1_5, 'gemini-1.5-flash', 'Gemini 1.5 Flash', NO_THINKING, [0.075, 0.3, 0.01875], '2024-05-24'),
];

/** Google's moving aliases and the model that each points to today. `modelVersion` in the answer names the real one. */
const ALIASES: Readonly<Record<string, string>> = {
  'gemini-flash-latest': 'gemini-3.8-flash',
  'gemini-flash-lite-latest': 'gemini-3.5-flash-lite',
  'gemini-pro-latest': 'gemini-4-argon',
};

const NEWEST = 'gemini-4-argon';

const BY_ID = new Map(MODELS.map((model) => [model.id, model]));

/** The beginnings of ids and the rows that they mean, the longest first. */
const STEMS = MODELS.map((model) => ({ stem: `${model.id.replace(/-preview$/, '')}-`, model })).sort(
  (a, b) => b.stem.length - a.stem.length,
);

/**
 * The row of `id`: its own row, the row of its alias, or the row of the longest known id with which it begins
 * (`gemini-2.5-flash-preview-09-2025`).
 */
function knownRow(id: string): GeminiModel | undefined {
  const exact = BY_ID.get(ALIASES[id] ?? id);
  if (exact) return exact;
  return STEMS.find(({ stem }) => id.startsWith(stem))?.model;
}

/** True where `id` has a row. (`modelRow` gives a row for any id.) */
export const isKnownModel = (id: string): boolean => knownRow(id) !== undefined;

/** The row for `id`. An unknown id gets the newest model's row under its own name. */
export function modelRow(id: string): GeminiModel {
  const known = knownRow(id) ?? BY_ID.get(NEWEST);
  if (!known) throw new Error(`no model row for ${NEWEST}`);
  return known.id === id ? known : { ...known, id };
}
