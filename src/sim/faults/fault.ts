/** A fault: something that happens to one upstream request, between our asking and our reading. */
import type { Clock, Random } from '../../lib/ports.ts';
import type { Parameter, Settings } from './settings.ts';

export type Family = 'connection' | 'head' | 'stream' | 'pace';

/** What the client is told, in neutral words. */
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
  /** The host at the address is not Gemini at all. */
  | 'address';

/** What must come of a fault. The matrix test checks it for every row. */
export type Effect =
  /** Nobody can notice the fault: the answer is the same. */
  | { kind: 'same' }
  /** The same text, thoughts and calls; only the figures have changed. */
  | { kind: 'same-content' }
  /** The answer is what the changed bytes say: nobody could know better. */
  | { kind: 'as-sent' }
  /**
   * For calls to undeclared tools. While nothing was shown, and if all tools of the client are known, another attempt
   * is made; if that has such a call too, the client gets it. A client that cannot answer such a call is told
   * `overloaded`.
   */
  | { kind: 'for-the-client' }
  /**
   * One error. With `retried`, another attempt is made first while nothing was shown. With `sparesWhole`, an answer
   * that had already said everything stays the same.
   */
  | { kind: 'error'; error: ErrorWord; retried: boolean; sparesWhole?: true };

export type Send = () => Promise<Response>;

/** One request, as a fault sees it. */
export type Strike = {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Chance for this rule and this request alone, so other requests do not change it. */
  readonly random: Random;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /**
   * Logs that the fault has struck, once for each request. A rule whose place in the body never came has not struck.
   */
  struck(detail?: Readonly<Record<string, unknown>>): void;
};

/** Resolves and rejects like a `Fetch`; `send` sends the request on. */
export type Behaviour = (send: Send, strike: Strike) => Promise<Response>;

export type FaultRow = {
  family: Family;
  /** One sentence, for `--help` and docs. */
  says: string;
  effect: Effect;
  /** The parameters that may be set, with their defaults; undefined where the fault can do without. */
  takes: Readonly<Partial<Record<Parameter, number | undefined>>>;
  behave: Behaviour;
};
