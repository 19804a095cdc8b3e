/** The types of what gives a request its key: all keys for Gemini, one answer's way through them, and one count's way. */
import type { UpstreamError } from '../gemini/errors.ts';
import type { Backend } from '../upstream/backend.ts';
import type { BreakerState } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';
import type { RateLimit } from './rate-window.ts';

/** Why a key must not be used for a model now. */
export type ModelState = {
  model: string;
  /**
   * `cooling`, `parked`: a quota is used up, and comes back soon (`cooling`) or on the next day (`parked`). `denied`:
   * the key has no access to the model. `open`, `half-open`: the model fails with this key, and its breaker holds
   * requests back.
   */
  state: 'cooling' | 'parked' | 'denied' | 'open' | 'half-open';
  /** The end of that state, by the monotonic clock. */
  until: number;
};

/** The reason why Google serves no request with a key. */
export type KeyTrouble = 'key' | 'billing';

export type KeyState = {
  fingerprint: string;
  /**
   * Google does not take a key that is `refused` or `out`. `refused`: the key is asked all the same, because there is no other. `out`: one
   * request an hour tests it.
   */
  state: 'in use' | 'refused' | 'out';
  /** The reason. Undefined for a key in use, and where another instance found the trouble and did not say why. */
  why?: KeyTrouble | undefined;
  /** For a key that is `out`: the time, by the monotonic clock, from which a request tests the key. */
  testedAt?: number;
  /** The requests that were sent with the key within the last minute; undefined where nobody counts. */
  sentLately?: number;
  models: readonly ModelState[];
};

/** Where a request may go after a failure for which the key is to blame. */
export type Again =
  /** The request may go to a key that has not turned it down. Sending it there is no retry. */
  | 'other-key'
  /**
   * The request may go to the key that is free now or will be free first. Sending it there is a retry. The only wait is
   * the one for the key. `ready` rejects where another model should answer instead.
   */
  | 'retry'
  /** The key does not decide whether the request is sent again, and no other key is chosen. */
  | 'no';

/** How long a request may wait for its key. */
export type Patience = {
  /** Milliseconds. All waits of one route together may last that long. */
  limitMs: number;
  /** True where the request should wait for a model that fails. False where another model can answer. */
  forBreaker(): boolean;
  /** Gives the number of tokens of the request. Runs only where tokens are limited (`KEY_TPM`). */
  tokens(): number;
  /** Runs when a wait begins, and returns a function to run when that wait ends, however the wait ends. */
  onWait?(wait: KeyWait): () => void;
};

/** What a request waits for. */
export type KeyWait = {
  /** The fingerprint of the key that will be free first. */
  key: string;
  /**
   * The time at which the key will be free, by the monotonic clock. The wait may end sooner, for example when a probe
   * is answered.
   */
  until: number;
} & (
  | { for: 'key'; limit: 'quota' | 'quota of the day' | RateLimit }
  /** The wait is for a breaker: the model fails with the key. */
  | { for: 'breaker' }
);

/** The reason why a request has its key. */
export type KeyChoice = {
  why: /** The session's key. */
    | 'home'
    /** The session had no key and was given this one, or the client names no session. */
    | 'dealt'
    /** The session's key may not be asked now, or has failed. From now on the session has the key in hand. */
    | 'moved'
    /**
     * The key in hand is for this attempt only. Either no key is free, and this key will be free first; or a refusal gave no reason, and
     * one other key is asked.
     */
    | 'fallback';
  /** The fingerprint of the key that the session had until now. */
  home?: string | undefined;
};

/** One answer's way to Gemini. It holds a key from the beginning, because signatures belong to a key. */
export type KeyRoute = {
  /** The present key. It changes after a failure, or after a wait. */
  backend(): Backend;
  /** Why the present key was chosen. */
  chosen(): KeyChoice;
  /**
   * True where a key may be asked now: the route then has that key in hand, just as after `ready`. False where the request has to wait, or
   * will be refused; in both cases call `ready` next. Never throws.
   */
  readyNow(patience: Patience): boolean;
  /**
   * Resolves when the key in hand may be asked. Rejects with an UpstreamError `not-sent` where the wait would be longer than `patience`
   * allows: every key is out of quota, or the model fails with every key. Rejects with the signal's reason when it aborts.
   * After each time that the route is ready, call `succeeded`, `failed` or `released` once.
   */
  ready(patience: Patience, signal: AbortSignal): Promise<void>;
  /** The error with which `ready` would reject at once; undefined where it would resolve or wait. */
  refusal(patience: Patience): UpstreamError | undefined;
  /** Notes what a failure says of the key in hand. Returns where the request may go next; the route then has the next key in hand. */
  failed(error: unknown): Again;
  /** To be called when the same request was sent once more with the present key. */
  sentAgain(tokens: () => number): void;
  /** To be called when the present key gave an answer. */
  succeeded(): void;
  /**
   * To be called when the attempt ended without an outcome that says something about the key. Example: the client left.
   */
  released(): void;
};

/** One token count's way to Gemini. Google limits counts apart from answers, so a refused count says nothing about answers, and the other way round. */
export type CountRoute = {
  /** The key with which the count goes out. */
  backend(): Backend;
  /**
   * The error where no key may count now; undefined where a key may. Counts do not wait for a key, since the size can
   * be estimated.
   */
  refusal(): UpstreamError | undefined;
  /** Notes what a failure says about counting with the present key. Returns true where the route now has another key in hand. */
  failed(error: unknown): boolean;
  succeeded(): void;
};

export type Keys = {
  readonly kind: Backend['kind'];
  readonly backends: readonly [Backend, ...Backend[]];
  /**
   * Requests of the same `session` share the beginning of a prompt. So they should share a key, which keeps Gemini's implicit cache warm.
   */
  route(model: string, session: string | undefined, asker?: Asker): KeyRoute;
  /** The route asks keys in this order: `preferred`, then the session's key, then the key whose turn it is. */
  countRoute(model: string, session: string | undefined, preferred?: Backend): CountRoute;
  /**
   * False where another model would answer sooner. Examples: no key has access to `model`; no key will have quota of it within minutes; it
   * fails with every key.
   */
  usable(model: string, asker?: Asker): boolean;
  /** Notes what became of a request that was sent with a key outside of a route; `error` is undefined for success. */
  note(backend: Backend, model: string, error: unknown): void;
  states(): KeyState[];
  /** The models that are in trouble with at least one key. Each has the best of the states that it has with all keys. */
  modelStates(): ReadonlyMap<string, BreakerState>;
};
