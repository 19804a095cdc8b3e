/** What instances of this proxy tell each other. One alone tells nobody. */

/** Something that one instance has learned and the others should act on. Plain JSON; times are the wall's, in milliseconds since the epoch. */
export type Fact =
  /** A key may not be asked for a model's answers until then. */
  | {
      kind: 'quota';
      key: string;
      model: string;
      state: 'cooling' | 'parked' | 'denied';
      until: number;
      strikes: number;
    }
  /** A key may count no tokens with a model until then. A kind of its own: an instance of an older version leaves it alone. */
  | { kind: 'count-quota'; key: string; model: string; until: number; strikes: number }
  /** Whether Google takes a key at all. */
  | { kind: 'key'; key: string; state: 'in use' | 'refused' | 'out'; why?: 'key' | 'billing' }
  /** A breaker opened, or closed: then `until` is 0. `blamed`: the only asker whose requests failed. */
  | { kind: 'breaker'; key: string; model: string; until: number; opens: number; blamed?: string }
  /** The same of a model's streams: while they break, answers are asked for whole. */
  | { kind: 'streams'; model: string; until: number; opens: number; blamed?: string }
  /** The key of a session, by model. */
  | { kind: 'home'; model: string; session: string; key: string }
  /** What is under way in one instance, for the retry budget of all. */
  | { kind: 'load'; instance: string; inFlight: number; retries: number }
  /** A request went out with a key, for `KEY_RPM` and `KEY_TPM`. */
  | { kind: 'sent'; key: string; at: number; tokens: number };

export type SharedStatus = {
  kind: 'memory' | 'redis';
  /** `away`: every instance goes on with what it knows itself. */
  state: 'alone' | 'connected' | 'away';
  since: Date;
};

export type SharedState = {
  /** Tells the others. Never waits and never throws: what cannot be told is not known there. */
  publish(fact: Fact): void;
  /** Calls `listener` for each fact of another instance; after each connecting, for all that still hold. */
  listen(listener: (fact: Fact) => void): void;
  /** True for one instance of all within `ms`; true as well when the others cannot be asked. Never rejects. */
  claim(name: string, ms: number): Promise<boolean>;
  /** Gives back what was claimed, before its time. Never waits and never throws. */
  release(name: string): void;
  status(): SharedStatus;
  close(): Promise<void>;
};

/** For one instance alone. */
export function aloneState(now: Date): SharedState {
  return {
    publish() {},
    listen() {},
    claim: async () => true,
    release() {},
    status: () => ({ kind: 'memory', state: 'alone', since: now }),
    close: async () => {},
  };
}
