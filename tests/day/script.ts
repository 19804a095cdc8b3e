/** The day: how much each session asks, and what goes wrong meanwhile. */

/** How an attempt may fail before the answer itself has begun. */
export const EARLY_TROUBLES = [
  'overloaded',
  'internal error',
  'reset before the head',
  'no head',
  'reset after thoughts',
  'silence after thoughts',
  'broken chunk after thoughts',
  'error after thoughts',
  'end after thoughts',
  'empty answer',
] as const;

/** How an attempt may fail in the middle of an answer. */
export const LATE_TROUBLES = [
  'reset in the answer',
  'silence in the answer',
  'broken chunk in the answer',
  'error in the answer',
  'end in the answer',
  'half a call',
] as const;

export type EarlyTrouble = (typeof EARLY_TROUBLES)[number];
export type LateTrouble = (typeof LATE_TROUBLES)[number];
export type Trouble = EarlyTrouble | LateTrouble;

export const BIG = 'gemini-4-argon';
export const SMALL = 'gemini-4-hydrogen';
export const LAST = 'gemini-3.8-flash';
/** The models that replace BIG and SMALL, in this order. */
export const FALLBACKS = `${BIG}>${SMALL}>${LAST}`;

/** `steady` answers all day; `capped` uses up a quota of the day; `revoked` is refused from some hour on. */
export const KEYS = {
  steady: 'AIza-key-steady-0123456789',
  capped: 'AIza-key-capped-0123456789',
  revoked: 'AIza-key-revoked-0123456789',
} as const;
export type KeyName = keyof typeof KEYS;

export type Phase = {
  name: string;
  /** Minutes from the beginning of the day. */
  from: number;
  /** Minutes. Between two phases nothing goes wrong. */
  lasts: number;
  /** Requests of all sessions together, not counting those that come again after an error. */
  asks: number;
  /** The share of attempts that fail, and how they fail. */
  early?: { share: number; kinds: readonly EarlyTrouble[] };
  late?: { share: number; kinds: readonly LateTrouble[] };
  /** The share of requests whose client leaves, where it is more than usual. */
  leaving?: { soon: number; inTheAnswer: number };
  /** This model is down. */
  outage?: string;
  /** Requests that a key may send to a model in one minute. */
  perMinute?: number;
};

const MINUTE_MS = 60_000;

/**
 * The simulated day begins at 18:00 in California. Google renews quotas of the day at midnight in California, which
 * comes in the seventh hour of the simulated day (`MIDNIGHT`).
 */
export const DAY_START = Date.parse('2026-11-23T02:00:00Z');
export const MIDNIGHT = Date.parse('2026-11-23T08:00:00Z');

/** From then on one key is not valid any more. */
export const REVOKED_AT = DAY_START + 165 * MINUTE_MS;
/** From then on the capped key has used up its quota of the day for BIG. */
export const CAPPED_AT = DAY_START + 270 * MINUTE_MS;
/** From then on the capped key has used up its quota of the day for SMALL; it was the last key with access to that. */
export const SMALL_CAPPED_AT = DAY_START + 340 * MINUTE_MS;

const OVERLOADED = ['overloaded'] as const;

export const DAY: readonly Phase[] = [
  { name: 'calm', from: 0, lasts: 40, asks: 300 },
  { name: 'rough', from: 60, lasts: 40, asks: 1_000, early: { share: 0.1, kinds: EARLY_TROUBLES } },
  { name: 'rough and busy', from: 105, lasts: 5, asks: 800, early: { share: 0.1, kinds: EARLY_TROUBLES } },
  { name: 'minute quotas', from: 120, lasts: 20, asks: 350, perMinute: 5 },
  { name: 'revoked key', from: 165, lasts: 20, asks: 200 },
  { name: 'storm of 50 %', from: 195, lasts: 4, asks: 500, early: { share: 0.5, kinds: OVERLOADED } },
  { name: 'after the storm', from: 210, lasts: 20, asks: 200 },
  { name: 'storm of 90 %', from: 240, lasts: 4, asks: 500, early: { share: 0.9, kinds: OVERLOADED } },
  { name: 'day quota', from: 270, lasts: 20, asks: 200 },
  { name: 'outage', from: 300, lasts: 20, asks: 400, outage: BIG },
  { name: 'cut answers', from: 325, lasts: 10, asks: 300, late: { share: 0.15, kinds: LATE_TROUBLES } },
  { name: 'no small model', from: 340, lasts: 15, asks: 150 },
  { name: 'after midnight', from: 365, lasts: 30, asks: 200 },
];

/** Requests outside of every phase: those that came again late. */
export const BETWEEN: Phase = { name: 'between', from: 0, lasts: 0, asks: 0 };

export const startOf = ({ from }: Phase): number => DAY_START + from * MINUTE_MS;
export const endOf = ({ from, lasts }: Phase): number => DAY_START + (from + lasts) * MINUTE_MS;

export const phaseAt = (at: number, script: readonly Phase[]): Phase =>
  script.find((phase) => at >= startOf(phase) && at < endOf(phase)) ?? BETWEEN;
