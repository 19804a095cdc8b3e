/**
 * The types of faults. A fault is something that happens to one upstream request, between our sending and our reading.
 */
import type { GoogleError } from '../../gemini/wire.ts';
import type { Clock, Random } from '../../lib/ports.ts';
import type { QuotaWindows } from './quota-windows.ts';
import type { Parameter, Settings } from './settings.ts';

export type Family = 'connection' | 'head' | 'stream' | 'pace';

/** Which error the client gets, in neutral words. */
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

/** What must follow from a fault. The matrix test checks this for every row. */
export type Effect =
  /** The fault makes no difference: the answer is the same. */
  | { kind: 'same' }
  /** The text, thoughts and calls are the same; only the figures have changed. */
  | { kind: 'same-content' }
  /** The answer is what the changed bytes say: the proxy cannot know better. */
  | { kind: 'as-sent' }
  /**
   * For calls to undeclared tools. While the client has seen nothing, and if all its tools are known, another attempt
   * is made; if the second attempt has such a call too, the client gets it. A client that cannot answer such a call
   * gets the error `overloaded`.
   */
  | { kind: 'for-the-client' }
  /**
   * The client gets one error. With `retried`, another attempt is made first while the client has seen nothing. With
   * `sparesWhole`, an answer that was already complete stays the same.
   */
  | { kind: 'error'; error: ErrorWord; retried: boolean; sparesWhole?: true };

export type Send = () => Promise<Response>;

/** What a fault can tell of a request. */
export type FaultyRequest = {
  /** The id of the model; empty where the address names none. */
  model: string;
  /** The key; empty where the request has none. */
  key: string;
  /** It asks for a stream. */
  streams: boolean;
};

/** Makes a refusal of Google's for a request to `model`, without the waits that settings add. */
export type RefusalMaker = (model: string) => GoogleError;

/** One request that a fault strikes. */
export type Strike = {
  readonly request: FaultyRequest;
  /** Shared by all requests that this rule strikes. */
  readonly windows: QuotaWindows;
  readonly settings: Settings;
  readonly clock: Clock;
  /** The random numbers of this rule for this request alone, so other requests do not change them. */
  readonly random: Random;
  /** Aborts when the answer is no longer wanted. */
  readonly signal: AbortSignal;
  /**
   * Logs that the fault has struck, once for each request. A rule has not struck where its place in the body never
   * came.
   */
  struck(detail?: Readonly<Record<string, unknown>>): void;
};

/** Resolves and rejects like a `Fetch`. `send` sends the request on. */
export type Behaviour = (send: Send, strike: Strike) => Promise<Response>;

export type FaultRow = {
  family: Family;
  /** One sentence about the fault, for `--help` and the docs. */
  says: string;
  effect: Effect;
  /** The parameters that may be set, with their defaults. Undefined where the fault works without a value. */
  takes: Readonly<Partial<Record<Parameter, number | undefined>>>;
  behave: Behaviour;
  /** Set where all that the fault does is to refuse the request: then scenarios have it as an error, too. */
  refusal?: RefusalMaker;
};
