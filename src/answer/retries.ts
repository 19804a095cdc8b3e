/** What one answer may spend on further attempts, and what the client is told when nothing is left to spend. */
import { retryDelaySeconds } from '../gemini/error-facts.ts';
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import type { BudgetTicket } from '../keys/retry-budget.ts';
import type { Clock, Random } from '../lib/ports.ts';
import { isRetryable } from '../translate/errors.ts';

/**
 * The most unusable answers of one model. A model that gives nothing usable twice will do so a third time, and each
 * attempt costs the whole prompt.
 */
const UNUSABLE_ANSWERS = 2;
/** Milliseconds. No wait between two attempts is longer, even where upstream asks for a longer wait. */
const LONGEST_WAIT_MS = 30_000;
/**
 * Milliseconds for which a host may be unreachable before the client is told. The client then goes on trying by itself,
 * and its user sees the reason.
 */
const LONGEST_AWAY_MS = 15_000;
/**
 * Seconds. Each client is told a random number from this range, so that requests that failed together do not come back
 * together.
 */
const LATER = { least: 2, spread: 8 } as const;

/**
 * The cost of a step: nothing; a retry, which counts for the answer's ceiling and for the common budget; or, for
 * another model, one retry beyond the ceiling.
 */
export type Cost = 'nothing' | 'retry' | 'beyond';

/** The account from which the steps of an answer are paid. */
export type Purse = {
  /** Pays `cost`. Returns false, and pays nothing, where the purse has too little for `cost`. */
  pay(cost: Cost): boolean;
  /** True where retries have used up the ceiling. False where the ceiling allows no retry from the start. */
  areSpent(): boolean;
  /** The number of retries that the ceiling still allows; undefined where retries are not counted. */
  left(): number | undefined;
  /** True where another attempt, a little later, may end better. To be called once for each failure. */
  isWorthwhile(error: unknown): boolean;
  /**
   * The most milliseconds that the answer may wait before another attempt. Without this limit the last attempt before
   * the client is told of an unreachable host would be late.
   */
  mostWait(): number;
  /**
   * The error with which the answer ends. If only the budget forbade another attempt, the client is told to make it
   * later.
   */
  explain(error: unknown): unknown;
  /** To be called when another attempt begins after a wait. */
  roundBegins(): void;
  /** To be called when the answer has ended. May be called repeatedly. */
  end(): void;
};

export type RetriesOptions = {
  ticket: BudgetTicket;
  /** The most retries of one answer, whatever the reasons for them. */
  ceiling: number;
  clock: Clock;
  random: Random;
};

export class Retries implements Purse {
  readonly #options: RetriesOptions;
  #spent = 0;
  #unusable = 0;
  /** True where a retry was paid in advance, for the next step that costs one. */
  #reserved = false;
  #state: 'free' | 'refused' = 'free';
  #roundBegan: number;
  /**
   * The time at which upstream stopped being reachable: the beginning of the first of the latest rounds that could not
   * reach it.
   */
  #awaySince: number | undefined;

  constructor(options: RetriesOptions) {
    this.#options = options;
    this.#roundBegan = options.clock.monotonic();
  }

  /**
   * Begins a round. Attempts that follow each other without a wait, such as attempts with several keys, are one round.
   */
  roundBegins(): void {
    this.#roundBegan = this.#options.clock.monotonic();
  }

  /** True where the latest round could not reach upstream. */
  isAway(): boolean {
    return this.#awaySince !== undefined;
  }

  areSpent(): boolean {
    return this.#spent > 0 && !this.#reserved && this.#spent === this.#options.ceiling;
  }

  left(): number {
    return Math.max(0, this.#options.ceiling - this.#spent);
  }

  pay(cost: Cost): boolean {
    switch (cost) {
      case 'nothing':
        return true;
      case 'retry':
        return this.#payRetry();
      case 'beyond':
        return this.areSpent() && this.#takeOne();
    }
  }

  /**
   * True where another attempt may replace an unusable answer; the retry for that attempt is then already paid. Where
   * it is false, the client gets the unusable answer as it is.
   */
  reserve(): boolean {
    if (this.#unusable + 1 >= UNUSABLE_ANSWERS || this.#spent >= this.#options.ceiling) return false;
    if (!this.#options.ticket.take()) return false;
    this.#spent++;
    this.#reserved = true;
    return true;
  }

  isWorthwhile(error: unknown): boolean {
    if (!isUnreachable(error)) this.#awaySince = undefined;
    else this.#awaySince ??= this.#roundBegan;
    return this.mostWait() > 0 && isRetryable(error) && !this.#isHopeless(error);
  }

  mostWait(): number {
    if (this.#awaySince === undefined) return Infinity;
    return this.#awaySince + LONGEST_AWAY_MS - this.#options.clock.monotonic();
  }

  explain(error: unknown): unknown {
    if (this.#state === 'free' || !(error instanceof UpstreamError) || !isRetryable(error)) return error;
    const retryAfter = LATER.least + Math.floor(this.#options.random.next() * LATER.spread);
    const message = `${error.message} (not tried again here: too many requests fail now)`;
    return new UpstreamError('not-sent', message, { status: 503, retryAfter, cause: error });
  }

  end(): void {
    this.#options.ticket.end();
  }

  #payRetry(): boolean {
    if (this.#reserved) {
      this.#reserved = false;
      return true;
    }
    return this.#spent < this.#options.ceiling && this.#takeOne();
  }

  #takeOne(): boolean {
    if (!this.#options.ticket.take()) {
      this.#state = 'refused';
      return false;
    }
    this.#state = 'free';
    this.#spent++;
    return true;
  }

  #isHopeless(error: unknown): boolean {
    return (
      error instanceof UpstreamError && error.kind === 'unusable' && ++this.#unusable >= UNUSABLE_ANSWERS
    );
  }
}

/** The least milliseconds to wait before another attempt: the time that Google or a gateway asks for. */
export function toldWait(error: unknown): number {
  if (!(error instanceof UpstreamError)) return 0;
  const seconds = retryDelaySeconds(error.google, error.message) ?? error.retryAfter ?? 0;
  return Math.min(seconds * 1000, LONGEST_WAIT_MS);
}
