/** What instances of this proxy share. One alone tells nobody. */
import type { Fact } from './facts.ts';

export type SharedStatus = {
  kind: 'memory' | 'redis';
  /** `away`: every instance goes on with what it knows itself. */
  state: 'alone' | 'connected' | 'away';
  since: Date;
};

export type SharedState = {
  /** Tells the other instances. Never waits and never throws: if it cannot be told, they do not know it. */
  publish(fact: Fact): void;
  /** Runs `listener` for each fact of another instance, and after each connecting for all facts that still hold. */
  listen(listener: (fact: Fact) => void): void;
  status(): SharedStatus;
  close(): Promise<void>;
};

/** For one instance alone. */
export function aloneState(now: Date): SharedState {
  return {
    publish() {},
    listen() {},
    status: () => ({ kind: 'memory', state: 'alone', since: now }),
    close: async () => {},
  };
}
