/**
 * The table of what an answer does after an attempt has failed. The table is read from the top: the first step that
 * applies and can be paid is made. A new kind of remedy is a new row. `docs/retries.md` is generated from this table.
 */
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { Again } from '../keys/keys.ts';
import type { Replacement } from './fallback-model.ts';
import type { Mending } from './outgoing.ts';
import { type Cost, type Purse, toldWait } from './retries.ts';

export type Step<T> =
  /** Sends the same request with a change that avoids the refusal. The attempt goes on. */
  | { kind: 'resend'; mending: Mending }
  /** Sends the request with a key that has not turned it down. */
  | { kind: 'other-key' }
  /** Sends the request with the key that is free now, or that will be free first. */
  | { kind: 'wait-for-key' }
  /** Gives out `events`, which stand for an answer. */
  | { kind: 'tell'; events: T[] }
  | { kind: 'other-model'; replacement: Replacement }
  /**
   * After a wait, asks for the whole answer at once. Such a request takes another way through Google's servers, and often
   * succeeds where streams break. `leastMs`: the wait that upstream asks for.
   */
  | { kind: 'ask-whole'; leastMs: number }
  /** After a wait, asks once more for the rest of a long answer. What has come of the answer stays. */
  | { kind: 'go-on'; leastMs: number }
  /** After a wait, sends the same request again. */
  | { kind: 'retry'; leastMs: number }
  | { kind: 'give-up'; error: unknown };

export type PaidStep<T> = { step: Step<T>; cost: Cost };

/** The facts after a failed attempt from which the next step is chosen. */
export type Situation<T> = {
  error: unknown;
  /** True where the client has content, which can neither be taken back nor said twice. */
  isCommitted: boolean;
  /** Where the request may go next, as far as its key decides that. */
  again: Again;
  /** Gives the error for why no key can be used now, if the present key is out of quota. */
  keyRefusal(): UpstreamError | undefined;
  /** The events that stand for an answer, where the client can be told the failure as an answer. */
  asAnswer(error: unknown): T[] | undefined;
  /** The model that may answer in place of the failed one. */
  replacement(error: unknown): Replacement | undefined;
  /** `error` in the words for the client if no other model is left. */
  told(error: unknown): unknown;
  /** True where the attempt was a stream, and that stream broke off. */
  streamBroke: boolean;
};

/** The texts of a row for `docs/retries.md`: when the step is made, and what the step costs. */
type RowText = { kind: Step<unknown>['kind']; when: string; costs: string };

type Row = RowText & {
  /** The step and its cost; undefined where the step does not apply. */
  offer<T>(situation: Situation<T>, purse: Purse): PaidStep<T> | undefined;
  /**
   * Runs if the step cannot be paid. Gives the error that the client is told in place of `error`, if no later row
   * applies.
   */
  unpaid?(situation: Situation<unknown>): unknown;
};

const free = <T>(step: Step<T>) => ({ step, cost: 'nothing' as const });
const retry = <T>(step: Step<T>) => ({ step, cost: 'retry' as const });

/**
 * This row comes before all others, because a failure that a changed request avoids says nothing about the key or the
 * model: see `resendStep`.
 */
const RESEND: RowText = {
  kind: 'resend',
  when: 'Gemini refuses something of the request that can be left out or put in another way: a tool declaration, a signature, a thinking level, a URL',
  costs:
    'nothing for the first change of an answer, and while the refused tool is searched for; else a retry',
};

/**
 * This row comes before all others, because what the client has stays good: only a request that brought nothing is made
 * once more. See `goOnStep`.
 */
const GO_ON: RowText = {
  kind: 'go-on',
  when: 'a long answer of Gemini 4 goes on in another request, and that request fails before it brings anything: the model is overloaded, fails or is silent, or a quota of the minute is used up',
  costs: 'a retry, after a wait',
};

const STEPS: readonly Row[] = [
  {
    kind: 'give-up',
    when: 'content has reached the client',
    costs: 'nothing: the client gets an error event, and may ask again',
    offer: ({ error, isCommitted }, purse) =>
      isCommitted ? free({ kind: 'give-up', error: purse.explain(error) }) : undefined,
  },
  {
    kind: 'other-key',
    when: 'the key is turned down, or out of a quota, and another key has not turned this request down',
    costs: 'nothing',
    offer: ({ again }) => (again === 'other-key' ? free({ kind: 'other-key' }) : undefined),
  },
  {
    kind: 'wait-for-key',
    when: 'all keys have turned the request down, or the model failed with this key too often; and a key is back within 30 s',
    costs: 'a retry, and no wait but that for the key',
    offer: ({ again }) => (again === 'retry' ? retry({ kind: 'wait-for-key' }) : undefined),
    unpaid: ({ keyRefusal, error }) => keyRefusal() ?? error,
  },
  {
    kind: 'tell',
    when: 'Google refuses to search the web',
    costs: 'nothing: the answer says that the web could not be searched',
    offer: ({ error, asAnswer }) => {
      const events = asAnswer(error);
      return events && free({ kind: 'tell', events });
    },
  },
  {
    kind: 'other-model',
    when: '`MODEL_FALLBACKS` names another model for the one that is missing, out of quota for the day, held back, or failing with every key',
    costs: 'nothing where the model was not asked or is gone; else a retry, or one beyond the ceiling',
    offer: (situation) => {
      const replacement = situation.replacement(situation.error);
      return replacement && { step: { kind: 'other-model', replacement }, cost: replacement.cost };
    },
  },
  {
    kind: 'ask-whole',
    when: 'a stream broke off before content',
    costs: 'a retry, after a wait',
    offer: ({ error, streamBroke }, purse) =>
      streamBroke && purse.isWorthwhile(error)
        ? retry({ kind: 'ask-whole', leastMs: toldWait(error) })
        : undefined,
  },
  {
    kind: 'retry',
    when: 'the model is overloaded, fails, is silent, or says nothing usable for the first time; or there is no way to it for less than 15 s',
    costs: 'a retry, after a wait',
    offer: ({ error, streamBroke }, purse) =>
      !streamBroke && purse.isWorthwhile(error)
        ? retry({ kind: 'retry', leastMs: toldWait(error) })
        : undefined,
  },
  {
    kind: 'give-up',
    when: 'everything else',
    costs: 'nothing: the client is told why',
    offer: ({ error, told }, purse) => free({ kind: 'give-up', error: purse.explain(told(error)) }),
  },
];

/** The rows as `docs/retries.md` shows them. */
export const STEP_TABLE: readonly RowText[] = [RESEND, GO_ON, ...STEPS];

export function nextStep<T>(situation: Situation<T>, purse: Purse): PaidStep<T> {
  let now = situation;
  for (const row of STEPS) {
    const offer = row.offer(now, purse);
    if (!offer) continue;
    if (purse.pay(offer.cost)) return offer;
    if (row.unpaid) now = { ...now, error: row.unpaid(now) };
  }
  throw new Error('the last row applies to everything');
}

/**
 * The step that sends the changed request, where the purse can pay it. The failure then says nothing about the key or
 * the model.
 */
export function resendStep(mending: Mending, purse: Purse): PaidStep<never> | undefined {
  const cost = mending.isFree ? 'nothing' : 'retry';
  return purse.pay(cost) ? { step: { kind: 'resend', mending }, cost } : undefined;
}

/** The step that asks once more for the rest of a long answer. Undefined where that would not help, or cannot be paid. */
export function goOnStep(error: unknown, purse: Purse): PaidStep<never> | undefined {
  const helps = purse.isWorthwhile(error) || isOfMinute(error);
  if (!helps || !purse.pay('retry')) return undefined;
  return retry({ kind: 'go-on', leastMs: toldWait(error) });
}

const isOfMinute = (error: unknown): boolean =>
  error instanceof UpstreamError && error.kind === 'status' && failureClass(error) === 'quota-minute';

/** These failures say that the request is at fault. The client has no part in the request for a rest. */
const REQUESTS_FAULT: ReadonlySet<FailureClass> = new Set([
  'request',
  'schema',
  'signature',
  'thinking',
  'media',
  'content-filter',
  'too-large',
  'model-missing',
]);

/**
 * The failure of a request for the rest of an answer, as the client is told it. A refusal of that request is told as an
 * answer that broke off: asking again from the beginning helps, and changing the request does not.
 */
export function restLost(error: unknown): unknown {
  if (!(error instanceof UpstreamError) || !REQUESTS_FAULT.has(failureClass(error))) return error;
  const message = `Gemini does not go on with a long answer that it has begun: ${error.message}`;
  return new UpstreamError('stream', message, { means: 'malformed', google: error.google, cause: error });
}
