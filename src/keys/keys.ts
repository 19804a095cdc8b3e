/** The keys that Gemini may be asked with, and one request's way through them. */
import type { UpstreamError } from '../gemini/errors.ts';
import type { Backend } from '../upstream/backend.ts';
import type { BreakerState } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';

/** What a key may not be asked for now. */
export type ModelState = {
  model: string;
  /**
   * `cooling`, `parked`: out of a quota until it comes back, soon or with the next day. `denied`: this key has no access to
   * the model. `open`, `half-open`: the model fails with this key, and its breaker holds requests back.
   */
  state: 'cooling' | 'parked' | 'denied' | 'open' | 'half-open';
  /** By the monotonic clock. */
  until: number;
};

/** Why Google serves no request of a key. */
export type KeyTrouble = 'key' | 'billing';

export type KeyState = {
  fingerprint: string;
  /** `refused`: Google does not take it, and it is asked all the same because there is no other. `out`: not asked, but for a test now and then. */
  state: 'in use' | 'refused' | 'out';
  /** Undefined for one in use, and where another instance did not say. */
  why?: KeyTrouble | undefined;
  /** When one that is `out` is tested with a request; by the monotonic clock. */
  testedAt?: number;
  models: readonly ModelState[];
};

/** Where a request may go after a failure that the key is to blame for. */
export type Again =
  /** To a key that has not turned it down: that is no retry. */
  | 'other-key'
  /** To whichever is free, or free first, without any other wait: that is a retry. After failures enough, to another model. */
  | 'retry'
  /** Another try is not the key's affair. */
  | 'no';

/** How long a request may wait for its key. */
export type Patience = {
  /** Milliseconds, all waits of one route together. */
  limitMs: number;
  /** False where another model can answer: then nobody waits for one that fails. */
  forBreaker(): boolean;
  /** Tokens of the request, asked where they count (`KEY_TPM`). */
  tokens(): number;
};

/** One answer's way to Gemini. A key is in its hand from the beginning, because signatures belong to one. */
export type KeyRoute = {
  /** The key in hand. Another one after a failure, or after a wait. */
  readonly backend: Backend;
  /**
   * Resolves when the key in hand may be asked. Rejects with an UpstreamError `not-sent` where every key is out of quota, or
   * the model failing with every key, for longer than `patience` allows; with the signal's reason when it aborts.
   * Each `ready` wants one `succeeded`, `failed` or `released`.
   */
  ready(patience: Patience, signal: AbortSignal): Promise<void>;
  /** What `ready` would reject with at once; undefined where it would resolve, or wait. */
  refusal(patience: Patience): UpstreamError | undefined;
  /** Notes what a failure says of the key in hand, and who may be asked once the route is ready again. */
  failed(error: unknown): Again;
  /** The same request went out once more with the key in hand. */
  sentAgain(tokens: () => number): void;
  /** The key in hand gave an answer. */
  succeeded(): void;
  /** The try ended, and says nothing of the key: the client left. */
  released(): void;
};

/** One token count's way to Gemini. Google grants counts apart: what becomes of one says nothing of answers, nor the other way round. */
export type CountRoute = {
  /** The key in hand. */
  readonly backend: Backend;
  /** What to tell where no key may count now. Nobody waits: a size can be estimated. */
  refusal(): UpstreamError | undefined;
  /** Notes what a failure says of counting with the key in hand. True where another key is in hand now. */
  failed(error: unknown): boolean;
  succeeded(): void;
};

export type Keys = {
  readonly kind: Backend['kind'];
  readonly backends: readonly [Backend, ...Backend[]];
  /** `session`: requests that share a prompt share a key, which keeps Gemini's implicit cache warm. */
  route(model: string, session: string | undefined, asker?: Asker): KeyRoute;
  /** `preferred` goes before the session's key, and that before the next in turn. */
  countRoute(model: string, session: string | undefined, preferred?: Backend): CountRoute;
  /** False where no key has access to the model or quota of it for minutes, or it fails with every one: another model answers sooner. */
  usable(model: string, asker?: Asker): boolean;
  /** How one key fared outside of a route; undefined for well. */
  note(backend: Backend, model: string, error: unknown): void;
  states(): KeyState[];
  /** Of the models that are not well with some key: the best state of any key. */
  modelStates(): ReadonlyMap<string, BreakerState>;
};
