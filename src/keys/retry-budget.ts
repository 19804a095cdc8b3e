/**
 * How many retries all requests together may make: a share of what is in flight, or of what came lately, so that an upstream in trouble is not asked
 * several times as much as one that is well. Why these figures: docs/decisions/0022-breakers-and-budget.md
 */

import type { Clock } from '../lib/ports.ts';
import type { Asker } from './breaker-evidence.ts';

/** Envoy's. */
const SHARE = 0.2;
/** Requests that may be retried whatever the share: someone who is alone is always retried. */
const ALWAYS = 3;
/** Of the share, at most: one asker's request may be at fault, and is sent again and again. */
const ONE_ASKER = 0.5;
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

/** One that is not told apart from others is an object of its own. */
type Who = Asker | object;

export class RetryBudget {
  #inFlight = 0;
  /** Of requests under way. */
  readonly #retries = new Tally();
  /** Requests that hold a retry. */
  readonly #retrying = new Tally();
  /** When requests began, and retries were taken, lately; oldest first. */
  readonly #begun: { at: number }[] = [];
  readonly #taken: { at: number; asker: Who }[] = [];
  readonly #takenBy = new Tally();
  readonly #clock: Clock;
  readonly #elsewhere: () => Load;

  constructor(clock: Clock, elsewhere: () => Load = () => ({ inFlight: 0, retries: 0 })) {
    this.#clock = clock;
    this.#elsewhere = elsewhere;
  }

  /** Of this instance. */
  get load(): Load {
    return { inFlight: this.#inFlight, retries: this.#retries.total };
  }

  begin(asker: Who = {}): BudgetTicket {
    this.#inFlight++;
    this.#forgetOld();
    this.#begun.push({ at: this.#clock.monotonic() });
    let held = 0;
    let ended = false;
    return {
      take: () => {
        if (ended || !this.#allows(asker, held > 0)) return false;
        if (held === 0) this.#retrying.add(asker, 1);
        held++;
        this.#retries.add(asker, 1);
        this.#taken.push({ at: this.#clock.monotonic(), asker });
        this.#takenBy.add(asker, 1);
        return true;
      },
      end: () => {
        if (ended) return;
        ended = true;
        this.#inFlight--;
        this.#retries.add(asker, -held);
        if (held > 0) this.#retrying.add(asker, -1);
      },
    };
  }

  /** The few that may always be retried are counted here alone; the share is of all instances together. */
  #allows(asker: Who, retriesAlready: boolean): boolean {
    const own = this.#retrying.of(asker) - (retriesAlready ? 1 : 0);
    const others = this.#retrying.askers - (this.#retrying.of(asker) > 0 ? 1 : 0);
    if (own + others < ALWAYS) return true;
    this.#forgetOld();
    if (this.#takenBy.fits(asker, SHARE * this.#begun.length)) return true;
    const { inFlight, retries } = this.#elsewhere();
    return this.#retries.fits(asker, SHARE * (this.#inFlight + inFlight), retries);
  }

  #forgetOld(): void {
    const old = this.#clock.monotonic() - LATELY_MS;
    dropBefore(this.#begun, old);
    for (const { asker } of dropBefore(this.#taken, old)) this.#takenBy.add(asker, -1);
  }
}

function dropBefore<T extends { at: number }>(times: T[], old: number): T[] {
  const first = times.findIndex(({ at }) => at >= old);
  return times.splice(0, first < 0 ? times.length : first);
}

/** Counts by asker. */
class Tally {
  total = 0;
  /** No count is higher; some were. */
  #most = 0;
  readonly #counts = new Map<Who, number>();

  get askers(): number {
    return this.#counts.size;
  }

  of(asker: Who): number {
    return this.#counts.get(asker) ?? 0;
  }

  add(asker: Who, by: number): void {
    const count = this.of(asker) + by;
    this.total += by;
    this.#most = Math.max(this.total === 0 ? 0 : this.#most, count);
    if (count > 0) this.#counts.set(asker, count);
    else this.#counts.delete(asker);
  }

  /** Whether `more`, and one more of `asker`, are within `limit`, of which no other asker weighs more than its part. */
  fits(asker: Who, limit: number, more = 0): boolean {
    const part = ONE_ASKER * limit;
    const all = this.total + more + 1;
    // Most often there is nobody who weighs less than he has: no need to look for him.
    if (all <= limit || this.#most <= part) return all <= limit;
    let sum = more + 1;
    for (const [other, count] of this.#counts) sum += other === asker ? count : Math.min(count, part);
    return sum <= limit;
  }
}
