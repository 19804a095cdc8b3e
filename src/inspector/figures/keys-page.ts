/** Which key and which model works now, until when the others do not, and what is left of budgets. */
import type { KeyState, KeyTrouble, ModelState } from '../../keys/keys.ts';
import type { KeysPage, Notice } from '../shapes.ts';
import type { Lately } from './lately.ts';

type KeyRow = KeysPage['keys'][number];
type ModelRow = KeysPage['models'][number];
type Today = KeyRow['today'];

export type KeysFacts = {
  /** Set where no key of Google's is asked. */
  standIn: 'mock' | 'replay' | undefined;
  states: readonly KeyState[];
  /** The models that requests are mapped to, and those that were used today. */
  models: readonly string[];
  usable(model: string): boolean;
  /** The date of a moment of the monotonic clock, in milliseconds since the epoch. */
  dateOf(moment: number): number;
  now: number;
  lately: Lately;
  today: ReadonlyMap<string, Today>;
  keyRpm: number | undefined;
  budgets: KeysPage['budgets'];
  clients: KeysPage['clients'];
};

const NOTHING: Today = { requests: 0, in: 0, dollars: 0 };

const TROUBLES = {
  key: 'Google refuses it. Get another one at aistudio.google.com',
  billing: 'out of credit, at its spending cap, or without billing',
} as const satisfies Record<KeyTrouble, string>;

/** What plays limits and faults by itself keeps no state of keys: who has just seen a 429 must not read that all is well. */
const STAND_INS = {
  mock: 'The mock answers in place of Google. Limits that it plays are told in the requests, and are not kept here.',
  replay:
    'A recording answers in place of Google. Limits that it has are told in the requests, and are not kept here.',
} as const;

/** `hint`: what the log and the metrics call the state, where that is another word. */
type Told = { state: string; sign: KeyRow['sign']; why: string; hint?: string };

/** What keeps a key from a model, in words; the worst first. */
const MODEL_STATES = {
  parked: { state: 'out today', sign: 'failed', why: 'Google’s quota of a day is used up' },
  cooling: { state: 'resting', sign: 'slow', why: 'Google’s quota of a minute is used up' },
  open: {
    state: 'left out',
    sign: 'failed',
    why: 'the model keeps failing with it',
    hint: 'In the log and in the metrics: its breaker is open',
  },
  'half-open': {
    state: 'on trial',
    sign: 'slow',
    why: 'the next request shows whether it works again',
    hint: 'In the log and in the metrics: its breaker is half-open',
  },
  denied: { state: 'no access', sign: 'idle', why: 'the key may not use the model' },
} as const satisfies Record<ModelState['state'], Told>;

const toldOf = (state: ModelState['state']): Told => MODEL_STATES[state];

const WORST_FIRST = Object.keys(MODEL_STATES) as ModelState['state'][];

/**
 * What keeps a key from its models now, one state a model: the one that ends last, since until then the model is not asked.
 * A time that has passed means that the next request decides.
 */
export function lastingStates({ models, ...key }: KeyState, now: number): KeyState {
  const lasting = new Map<string, ModelState>();
  for (const one of models) {
    const before = lasting.get(one.model);
    if (!before || one.until > before.until) lasting.set(one.model, one);
  }
  return {
    ...key,
    models: [...lasting.values()].map((one) => (one.until > now ? one : { ...one, state: 'half-open' })),
  };
}

/** `in 0:18`, `in 17 h 57 min`. */
function inWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 3_600) return `in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return `in ${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

const NEXT_REQUEST = 'tried with the next request';

/** Whether a key works again once a state ends: a quota is full again, while of all else only a try can tell. */
const BACK = {
  parked: 'again',
  cooling: 'again',
  open: 'tried again',
  'half-open': 'tried again',
  denied: 'tried again',
} as const satisfies Record<ModelState['state'], string>;

/** When a state ends. */
function backOf(
  { state, until }: ModelState,
  { dateOf }: KeysFacts,
): Pick<KeyRow, 'until' | 'back' | 'backWords'> {
  if (state === 'half-open') return { backWords: NEXT_REQUEST };
  return {
    until: dateOf(until),
    back: BACK[state],
    ...(state === 'parked' ? { backWords: 'midnight Pacific' } : {}),
  };
}

/** A key that Google refuses is tested from time to time. Nobody knows whether it works then. */
function testOf({ testedAt }: KeyState, { dateOf }: KeysFacts): Pick<KeyRow, 'until' | 'back' | 'backWords'> {
  if (testedAt === undefined) return { backWords: 'tested by a reload or a key test' };
  return { until: dateOf(testedAt), back: 'tested', backWords: 'or before, by a reload or a key test' };
}

function keyRow(key: KeyState, facts: KeysFacts): KeyRow {
  const { fingerprint, state, why, sentLately, models } = key;
  const { lately, keyRpm, today } = facts;
  const common = {
    key: fingerprint,
    lastMinute: sentLately === undefined ? undefined : { requests: sentLately, limit: keyRpm },
    today: today.get(fingerprint) ?? NOTHING,
    sessions: lately.sessions.get(fingerprint) ?? 0,
  };
  if (state !== 'in use') {
    const words = why === undefined ? 'Google refuses it' : TROUBLES[why];
    return { ...common, state, sign: 'failed', why: words, ...testOf(key, facts) };
  }
  const name = WORST_FIRST.find((one) => models.some((model) => model.state === one));
  const worst = models.find((model) => model.state === name);
  if (!worst) {
    const why = facts.standIn ? 'no key of Google’s: its limits are not kept' : '';
    return { ...common, state: 'in use', sign: 'good', why };
  }
  const told = toldOf(worst.state);
  const others = models.length === 1 ? '' : `; see below for ${models.length - 1} more`;
  return {
    ...common,
    state: `${told.state} for ${worst.model}`,
    sign: told.sign,
    why: `${told.why}${others}`,
    hint: told.hint,
    ...backOf(worst, facts),
  };
}

function cellOf(
  { fingerprint, state, models }: KeyState,
  model: string,
  facts: KeysFacts,
): ModelRow['cells'][number] {
  if (state !== 'in use') return { key: fingerprint, sign: 'idle', state };
  const found = models.find((one) => one.model === model);
  if (!found) return { key: fingerprint, sign: 'good', state: 'answers' };
  const { sign, state: words, hint } = toldOf(found.state);
  const { until } = backOf(found, facts);
  const more = until === undefined ? NEXT_REQUEST : `${BACK[found.state]} ${inWords(until - facts.now)}`;
  return { key: fingerprint, sign, state: words, more, hint };
}

const modelRow = (model: string, facts: KeysFacts): ModelRow => ({
  model,
  cells: facts.states.map((key) => cellOf(key, model, facts)),
  isDown: !facts.usable(model),
  instead: facts.lately.replaced.get(model) ?? [],
});

/** Milliseconds until a model may be asked again with any key; undefined where that is not known. */
function nextTry(model: string, { states, dateOf, now }: KeysFacts): number | undefined {
  const ends = states.flatMap(({ models }) =>
    models.filter((one) => one.model === model).map(({ until }) => dateOf(until)),
  );
  return ends.length === 0 ? undefined : Math.max(0, Math.min(...ends) - now);
}

/** What is said of the keys that Google serves, beside those that it does not. */
function othersText(states: readonly KeyState[]): string {
  const served = states.filter(({ state }) => state === 'in use');
  const free = served.filter(({ models }) => models.length === 0).length;
  if (served.length === 1)
    return free === 1 ? 'the other key answers' : 'the other key does not serve every model now';
  if (free === served.length) return 'the other keys answer';
  return `${free === 0 ? 'none' : free} of the other ${served.length} keys can be used for every model now`;
}

/** What a person should know at once; undefined where all is well. */
export function noticeOf(facts: KeysFacts): Notice | undefined {
  const { states, models, usable, lately } = facts;
  const down = models.find((model) => !usable(model));
  if (down !== undefined) {
    const [instead] = lately.replaced.get(down) ?? [];
    const next = nextTry(down, facts);
    const more =
      next === undefined ? undefined : `It is ${next > 0 ? `tried again ${inWords(next)}` : NEXT_REQUEST}.`;
    return instead
      ? { sign: 'slow', text: `${down} is down with every key, ${instead.model} answers instead.`, more }
      : { sign: 'failed', text: `${down} is down with every key.`, more };
  }
  const out = states.filter(({ state }) => state !== 'in use');
  if (out.length === 0) return undefined;
  const names = out.map(({ fingerprint }) => `#${fingerprint}`).join(', ');
  if (out.length === states.length) return { sign: 'failed', text: 'Google serves no key.' };
  return { sign: 'slow', text: `Google does not serve ${names}; ${othersText(states)}.` };
}

function headlineOf(facts: KeysFacts): string {
  const notice = noticeOf(facts);
  if (notice) return [notice.text, notice.more].filter(Boolean).join(' ');
  const troubled = facts.states.flatMap(({ fingerprint, models }) =>
    models.length > 0
      ? [`#${fingerprint} does not serve ${models.map(({ model }) => model).join(', ')}`]
      : [],
  );
  if (facts.standIn && troubled.length === 0) return STAND_INS[facts.standIn];
  const all = facts.states.length;
  if (troubled.length > 0)
    return `Key ${troubled.join('; key ')} now.${troubled.length < all ? ' The other keys serve every model.' : ''}`;
  return all === 1 ? 'The key answers.' : `All ${all} keys answer.`;
}

export const keysPage = (facts: KeysFacts): KeysPage => ({
  headline: headlineOf(facts),
  keys: facts.states.map((key) => keyRow(key, facts)),
  models: facts.models.map((model) => modelRow(model, facts)),
  budgets: facts.budgets,
  clients: facts.clients,
});

/** The colour of the dot beside `Keys`. */
export function keysSign(facts: KeysFacts): 'good' | 'slow' | 'failed' {
  const notice = noticeOf(facts);
  if (notice) return notice.sign;
  return facts.states.some(({ models }) => models.length > 0) ? 'slow' : 'good';
}
