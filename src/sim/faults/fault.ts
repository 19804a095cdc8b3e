/** What a fault is: something that happens to one request upstream, between our asking and our reading. */
import type { Clock, Random } from '../../lib/ports.ts';
import type { Parameter, Settings } from './settings.ts';

export type Family = 'connection' | 'head' | 'stream' | 'pace';

/** What whoever asked through us is told, in neutral words. */
export type ErrorWord =
  | 'invalid-request'
  | 'authentication'
  | 'permission'
  | 'not-found'
  | 'too-large'
  | 'rate-limit'
  | 'timeout'
  | 'overloaded'
  | 'unreachable'
  | 'internal'
  /** What answers is not upstream at all. */
  | 'address';

/** What must come of a fault. The matrix test holds every row to it. */
export type Outcome =
  /** Nobody can tell: the same answer. */
  | { kind: 'same' }
  /** The same text, thoughts and calls; the figures around them are the changed ones. */
  | { kind: 'same-content' }
  /** The answer says what the changed bytes say, no more and no less: nobody could know better. */
  | { kind: 'as-sent' }
  /**
   * Another try as long as nothing was shown, where all that the client has is known, and then as sent, for the client to answer. One
   * that has no answer to it is told as `overloaded`.
   */
  | { kind: 'for-the-client' }
  /**
   * One error. Where `retried`, another try is made first as long as nothing was shown. With `sparesWhole` an answer that had
   * said everything is the same.
   */
  | { kind: 'error'; error: ErrorWord; retried: boolean; sparesWhole?: true };

export type Send = () => Promise<Response>;

/** One request as a fault sees it. */
export type Strike = {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Of this rule and this request alone: what other requests do changes nothing. */
  readonly random: Random;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Tells the log, once a request, that the fault has struck: a rule whose place never came has not. */
  struck(detail?: Readonly<Record<string, unknown>>): void;
};

/** Resolves and rejects as a `Fetch` would; `send` is the way on to upstream. */
export type Behaviour = (send: Send, strike: Strike) => Promise<Response>;

export type FaultRow = {
  family: Family;
  /** One sentence, for help and docs. */
  says: string;
  outcome: Outcome;
  /** What may be set, with its default; without one the fault does without. */
  takes: Readonly<Partial<Record<Parameter, number | undefined>>>;
  behave: Behaviour;
};
