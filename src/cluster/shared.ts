/** The interface through which instances of this proxy share facts. A single instance shares nothing. */
import type { Fact } from './facts.ts';

export type SharedStatus = {
  /** `workers`: the processes of one proxy, through their parent. */
  kind: 'memory' | 'workers' | 'redis';
  /** `away`: Redis cannot be reached, and every instance goes on with what it knows itself. */
  state: 'alone' | 'connected' | 'away';
  since: Date;
};

export type SharedState = {
  /** Tells the other instances a fact. Never waits and never throws: a fact that cannot be told now stays unknown to them. */
  publish(fact: Fact): void;
  /**
   * Runs `listener` for each fact of another instance. After each connecting it also runs for all facts that still
   * hold.
   */
  listen(listener: (fact: Fact) => void): void;
  /**
   * Runs `work` while no other process runs any, and when all is known that these have told before. So a limit for all
   * processes together is kept to exactly. Absent where that would cost too much.
   */
  inTurn?<T>(work: () => T): Promise<T>;
  status(): SharedStatus;
  close(): Promise<void>;
};

/** The state of a single instance, which shares nothing. */
export function aloneState(now: Date): SharedState {
  return {
    publish() {},
    listen() {},
    status: () => ({ kind: 'memory', state: 'alone', since: now }),
    close: async () => {},
  };
}
