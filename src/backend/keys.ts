/** The keys that Gemini may be asked with, and one request's way through them. */
import type { Backend } from './backend.ts';

/** What a key may not be asked for now. */
export type ModelState = {
  model: string;
  /** Out of a quota until it comes back: soon, or with the next day. `denied`: this key has no access to the model. */
  state: 'cooling' | 'parked' | 'denied';
  /** Milliseconds since the epoch; undefined for `denied`. */
  until: number | undefined;
};

export type KeyState = {
  fingerprint: string;
  /** `refused`: Google does not take it, and it is asked all the same because there is no other. `out`: not asked any more. */
  state: 'in use' | 'refused' | 'out';
  models: readonly ModelState[];
};

/** One client request's way to Gemini. A key is in its hand from the beginning, because signatures belong to one. */
export type KeyRoute = {
  /** The key in hand. Another one after a failure, or after a wait. */
  readonly backend: Backend;
  /**
   * Resolves when the key in hand may be asked, after a wait of `limitMs` at most, all waits of this route together.
   * Rejects with an UpstreamError where every key is out of quota for longer; with the signal's reason when it aborts.
   */
  ready(limitMs: number, signal: AbortSignal): Promise<void>;
  /** Notes what a failure says of the key in hand. True where the request may be sent again once the route is ready. */
  failed(error: unknown): boolean;
  /** The key in hand gave an answer. */
  succeeded(): void;
};

export type Keys = {
  readonly kind: Backend['kind'];
  readonly backends: readonly [Backend, ...Backend[]];
  /** `session`: requests that share a prompt share a key, which keeps Gemini's implicit cache warm. */
  route(model: string, session: string | undefined): KeyRoute;
  /** How one key fared outside of a route; undefined for well. */
  note(backend: Backend, model: string, error: unknown): void;
  states(): KeyState[];
};

/** One key that remembers nothing, so that every request fares as it did when it was recorded. */
export function singleKey(backend: Backend): Keys {
  const route: KeyRoute = { backend, ready: async () => {}, failed: () => false, succeeded() {} };
  return {
    kind: backend.kind,
    backends: [backend],
    route: () => route,
    note() {},
    states: () => [{ fingerprint: backend.keyFingerprint, state: 'in use', models: [] }],
  };
}
