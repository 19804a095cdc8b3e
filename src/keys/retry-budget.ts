/**
 * How many retries all answers of this instance together may make. Without a limit an upstream in trouble is asked several times as much
 * as one that is well. Why these figures: docs/decisions/0022-breakers-and-budget.md
 */
import type { Clock } from '../lib/ports.ts';
import type { Asker } from './breaker-evidence.ts';

/** Retries may be this share of the requests under way. The figure is Envoy's. */
const SHARE = 0.2;
/** This number of requests may hold retries at a time, whatever the share allows. So a client that is alone may always retry. */
const ALWAYS = 3;
/**
 * One asker may use up at most this part of the share: its request may be at fault, and it may send that request again
 * and again.
 */
const ONE_ASKER = 0.5;
/**
 * Milliseconds. The share is counted from the requests under way, or from the requests that began within this time,
 * whichever are more. If only the requests under way counted, a few requests that hang could hold all retries.
 */
const LATELY_MS = 300_000;

/** Requests under way, and the retries that they hold. */
export type Load = { inFlight: number; retries: number };

/** One request's part in the budget, from its beginning to its end. */
export type BudgetTicket = {
  /** True where one more retry may be made. It counts against the budget until the request ends. */
  take(): boolean;
  /** Ends the request's part, and gives its retries back. May be repeated. */
  end(): void;
};

/** A budget without limits, for recordings and replays: what happens to their requests must not depend on other requests. */
export const UNLIMITED: Pick<RetryBudget, 'begin' | 'lately'> = {
  begin: () => ({ take: () => true, end() {} }),
  lately: () => undefined,
};

/** A request whose asker is not known has an object of its own. */
type Who = Asker | object;

export class RetryBudget {
  #inFlight = 0;
  /** The retries that requests under way hold, by asker. */
  readonly #retries = new Tally();
  /** How many requests of each asker hold a retry. */
  readonly #retrying = new Tally();
  /** When the latest requests began, and when the latest retries were made; oldest first. */
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

  /**
   * The retries that were made lately, and how many may be. While there were few requests, those that may always retry are
   * more than the share, and `most` is undefined. Undefined as a whole where nothing is counted.
   */
  lately(): { now: number; most: number | undefined } | undefined {
    this.#forgetOld();
    const share = Math.floor(SHARE * this.#begun.length);
    return { now: this.#takenBy.total, most: share > ALWAYS ? share : undefined };
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

/** A number for each asker, and their sum. */
class Tally {
  total = 0;
  /**
   * No number is above this bound. The bound may be higher than every number, because numbers go down and the bound
   * stays.
   */
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

  /** True where one more of `asker` stays within `limit`. Each other asker counts for at most half of the limit. */
  fits(asker: Who, limit: number): boolean {
    const part = ONE_ASKER * limit;
    const all = this.total + 1;
    // In the usual case nobody has more than half of the limit, and the plain sum decides.
    if (all <= limit || this.#most <= part) return all <= limit;
    let sum = 1;
    for (const [other, count] of this.#counts) sum += other === asker ? count : Math.min(count, part);
    return sum <= limit;
  }
}
