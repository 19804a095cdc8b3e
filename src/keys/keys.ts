/** The keys for Gemini, and one request's way through them. */
import type { UpstreamError } from '../gemini/errors.ts';
import type { Backend } from '../upstream/backend.ts';
import type { BreakerState } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';
import type { RateLimit } from './rate-window.ts';

/** Why a key must not be used for a model now. */
export type ModelState = {
  model: string;
  /**
   * `cooling`, `parked`: a quota is used up until it comes back, soon or on the next day. `denied`: the key has no
   * access to the model. `open`, `half-open`: the model fails with this key, and its breaker holds requests back.
   */
  state: 'cooling' | 'parked' | 'denied' | 'open' | 'half-open';
  /** By the monotonic clock. */
  until: number;
};

/** Why Google serves no request with a key. */
export type KeyTrouble = 'key' | 'billing';

export type KeyState = {
  fingerprint: string;
  /**
   * Google does not take a key that is `refused` or `out`. `refused`: the key is asked all the same, because there is no other. `out`: one
   * request an hour tests it.
   */
  state: 'in use' | 'refused' | 'out';
  /** Undefined for a key in use, and where another instance found out and did not say why. */
  why?: KeyTrouble | undefined;
  /** Of a key that is `out`: when a request tests it, by the monotonic clock. */
  testedAt?: number;
  models: readonly ModelState[];
};

/** Where a request may go after a failure for which the key is to blame. */
export type Again =
  /** To a key that has not turned it down. That is no retry. */
  | 'other-key'
  /** To the key that is free now or first, without a wait of its own. That is a retry. `ready` says where another model should answer instead. */
  | 'retry'
  /** Whether to try again does not depend on the key. */
  | 'no';

/** How long a request may wait for its key. */
export type Patience = {
  /** Milliseconds of all waits of one route together. */
  limitMs: number;
  /** Whether to wait for a model that fails. False where another model can answer. */
  forBreaker(): boolean;
  /** Tokens of the request; asked only where tokens are limited (`KEY_TPM`). */
  tokens(): number;
  /** A wait begins. What it returns is called when that wait ends, however it ends. */
  onWait?(wait: KeyWait): () => void;
};

/** What a request waits for. */
export type KeyWait = {
  /** Fingerprint of the key that will be free first. */
  key: string;
  /** By the monotonic clock. The wait may end sooner: when a probe is answered, for one. */
  until: number;
} & (
  | { for: 'key'; limit: 'quota' | 'quota of the day' | RateLimit }
  /** The model fails with the key. */
  | { for: 'breaker' }
);

/** Why a key is in the hand of a request. */
export type KeyChoice = {
  why: /** The session's key. */
    | 'home'
    /** The session had none, or the client names no session. */
    | 'dealt'
    /** The session's key may not be asked now, or has failed. The session stays with this one. */
    | 'moved'
    /** For this attempt only. Either no key is free, and this one will be first; or a refusal gave no reason, and one other key is tried. */
    | 'fallback';
  /** Fingerprint of the key that the session had until now. */
  home?: string | undefined;
};

/** One answer's way to Gemini. It holds a key from the beginning, because signatures belong to a key. */
export type KeyRoute = {
  /** The present key. It changes after a failure, or after a wait. */
  readonly backend: Backend;
  /** Why that one. */
  readonly chosen: KeyChoice;
  /**
   * True where a key may be asked now; the route has that key in hand then, just as after `ready`. False where the request has to wait or
   * is refused; call `ready` for either. Never throws.
   */
  readyNow(patience: Patience): boolean;
  /**
   * Resolves when the key in hand may be asked. Rejects with an UpstreamError `not-sent` where that would take longer than `patience`
   * allows: every key is out of quota, or the model fails with every key. Rejects with the signal's reason when it aborts.
   * After each time that the route is ready, call `succeeded`, `failed` or `released` once.
   */
  ready(patience: Patience, signal: AbortSignal): Promise<void>;
  /** The error with which `ready` would reject at once; undefined where it would resolve or wait. */
  refusal(patience: Patience): UpstreamError | undefined;
  /** Notes what a failure says of the key in hand. Says where the request may go; that key is in hand then. */
  failed(error: unknown): Again;
  /** The same request was sent once more with the present key. */
  sentAgain(tokens: () => number): void;
  /** The present key gave an answer. */
  succeeded(): void;
  /** The attempt ended, and says nothing of the key: the client left. */
  released(): void;
};

/**
 * One token count's way to Gemini. Google limits counts apart from answers, so neither says anything about the other.
 */
export type CountRoute = {
  /** The key in hand. */
  readonly backend: Backend;
  /** The error for a time when no key may count. Counts do not wait, since a size can be estimated. */
  refusal(): UpstreamError | undefined;
  /** Notes what a failure says about counting with the present key. True where the route has another key now. */
  failed(error: unknown): boolean;
  succeeded(): void;
};

export type Keys = {
  readonly kind: Backend['kind'];
  readonly backends: readonly [Backend, ...Backend[]];
  /**
   * Requests of the same `session` share a prompt and so should share a key, which keeps Gemini's implicit cache warm.
   */
  route(model: string, session: string | undefined, asker?: Asker): KeyRoute;
  /** The order: `preferred`, then the session's key, then the key whose turn it is. */
  countRoute(model: string, session: string | undefined, preferred?: Backend): CountRoute;
  /** False where another model would answer sooner: no key has access to this one, or quota of it within minutes, or it fails with every key. */
  usable(model: string, asker?: Asker): boolean;
  /** The result of one key outside of a route; undefined for success. */
  note(backend: Backend, model: string, error: unknown): void;
  states(): KeyState[];
  /** Models that are in trouble with one key at least, each with the best state that it has with any key. */
  modelStates(): ReadonlyMap<string, BreakerState>;
};
