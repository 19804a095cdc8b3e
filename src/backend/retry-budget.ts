/**
 * How many retries all requests together may make: a share of what is in flight, or of what came lately, so that an upstream in trouble is not asked
 * several times as much as one that is well. Why these figures: docs/decisions/0022-breakers-and-budget.md
 */

import type { Clock } from '../lib/ports.ts';

/** Envoy's. */
const SHARE = 0.2;
/** Requests that may be retried whatever the share: someone who is alone is always retried. */
const ALWAYS = 3;
/** Milliseconds: what is in flight tells little of few requests, and of those that hang; what came lately tells more. */
const LATELY_MS = 300_000;

/** What other instances have under way. */
export type Load = { inFlight: number; retries: number };

/** One request's part in it, from its beginning to its end. */
export type BudgetTicket = {
  /** True where one more retry may be made; it then counts until the request ends. */
  take(): boolean;
  /** Idempotent. */
  end(): void;
};

/** Spends nothing: for what must not depend on other requests. */
export const UNLIMITED: Pick<RetryBudget, 'begin'> = {
  begin: () => ({ take: () => true, end() {} }),
};

export class RetryBudget {
  #inFlight = 0;
  #retries = 0;
  /** When requests began, and retries were taken, lately; oldest first. */
  readonly #begun: number[] = [];
  readonly #taken: number[] = [];
  readonly #clock: Clock;
  /** Requests that hold a retry. */
  #retrying = 0;
  readonly #elsewhere: () => Load;

  constructor(clock: Clock, elsewhere: () => Load = () => ({ inFlight: 0, retries: 0 })) {
    this.#clock = clock;
    this.#elsewhere = elsewhere;
  }

  /** Of this instance. */
  get load(): Load {
    return { inFlight: this.#inFlight, retries: this.#retries };
  }

  begin(): BudgetTicket {
    this.#inFlight++;
    this.#note(this.#begun);
    let held = 0;
    let ended = false;
    return {
      take: () => {
        if (ended || !this.#allows(held > 0)) return false;
        if (held === 0) this.#retrying++;
        held++;
        this.#retries++;
        this.#note(this.#taken);
        return true;
      },
      end: () => {
        if (ended) return;
        ended = true;
        this.#inFlight--;
        this.#retries -= held;
        if (held > 0) this.#retrying--;
      },
    };
  }

  /** The few that may always be retried are counted here alone; the share is of all instances together. */
  #allows(retriesAlready: boolean): boolean {
    if (this.#retrying - (retriesAlready ? 1 : 0) < ALWAYS) return true;
    if (this.#lately(this.#taken) + 1 <= SHARE * this.#lately(this.#begun)) return true;
    const others = this.#elsewhere();
    return this.#retries + others.retries + 1 <= SHARE * (this.#inFlight + others.inFlight);
  }

  #note(times: number[]): void {
    this.#lately(times);
    times.push(this.#clock.now());
  }

  #lately(times: number[]): number {
    const old = this.#clock.now() - LATELY_MS;
    const first = times.findIndex((at) => at >= old);
    times.splice(0, first < 0 ? times.length : first);
    return times.length;
  }
}
