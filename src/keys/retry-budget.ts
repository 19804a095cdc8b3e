/**
 * How many retries all answers of this instance together may make. Without a limit an upstream in trouble is asked several times as much
 * as one that is well. Why these figures: docs/decisions/0022-breakers-and-budget.md
 */
import type { Clock } from '../lib/ports.ts';
import type { Asker } from './breaker-evidence.ts';

/** Envoy's. */
const SHARE = 0.2;
/** So many requests at a time may be retried whatever the share: whoever is alone always is. */
const ALWAYS = 3;
/** One asker may use up this part of the share. His request may be at fault, and he sends it again and again. */
const ONE_ASKER = 0.5;
/** Milliseconds. The share is of the requests under way, or of those that began so lately, whichever allows more: a few that hang would else hold all retries. */
const LATELY_MS = 300_000;

/** Requests under way, and the retries that they hold. */
export type Load = { inFlight: number; retries: number };

/** One request's part in the budget, from its beginning to its end. */
export type BudgetTicket = {
  /** True where one more retry may be made. It counts against the budget until the request ends. */
  take(): boolean;
  /** Idempotent. */
  end(): void;
};

/** A budget without limits, for what must not depend on other requests. */
export const UNLIMITED: Pick<RetryBudget, 'begin'> = {
  begin: () => ({ take: () => true, end() {} }),
};

/** A request whose asker is not known has an object of its own. */
type Who = Asker | object;

export class RetryBudget {
  #inFlight = 0;
  /** Of requests under way. */
  readonly #retries = new Tally();
  /** Requests that hold a retry. */
  readonly #retrying = new Tally();
  /** When requests began and retries were made, lately; oldest first. */
  readonly #begun: { at: number }[] = [];
  readonly #taken: { at: number; asker: Who }[] = [];
  readonly #takenBy = new Tally();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

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

  #allows(asker: Who, retriesAlready: boolean): boolean {
    const own = this.#retrying.of(asker) - (retriesAlready ? 1 : 0);
    const others = this.#retrying.askers - (this.#retrying.of(asker) > 0 ? 1 : 0);
    if (own + others < ALWAYS) return true;
    this.#forgetOld();
    if (this.#takenBy.fits(asker, SHARE * this.#begun.length)) return true;
    return this.#retries.fits(asker, SHARE * this.#inFlight);
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
  /** An upper bound of the counts: they may have gone down since. */
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

  /** Whether one more of `asker` stays within `limit`. Each other asker counts for half of the limit at most. */
  fits(asker: Who, limit: number): boolean {
    const part = ONE_ASKER * limit;
    const all = this.total + 1;
    // Nobody has more than that part, which is the usual case: the plain sum decides.
    if (all <= limit || this.#most <= part) return all <= limit;
    let sum = 1;
    for (const [other, count] of this.#counts) sum += other === asker ? count : Math.min(count, part);
    return sum <= limit;
  }
}
