/** What one answer may spend on further attempts, and what the client is told when nothing is left to spend. */
import { retryDelaySeconds } from '../gemini/error-facts.ts';
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import type { BudgetTicket } from '../keys/retry-budget.ts';
import type { Clock, Random } from '../lib/ports.ts';
import { isRetryable } from '../translate/errors.ts';

/** A model that gives nothing usable twice will do so a third time, and each attempt costs the whole prompt. */
const UNUSABLE_ANSWERS = 2;
/** Milliseconds. The longest wait between two attempts, even where upstream asks for a longer one. */
const LONGEST_WAIT_MS = 30_000;
/**
 * Milliseconds for which a host may be unreachable before the client is told: the client goes on trying by itself, and
 * its user sees why.
 */
const LONGEST_AWAY_MS = 15_000;
/**
 * Seconds. Each client is told a number out of this range, by chance, so that requests that failed together do not come
 * back together.
 */
const LATER = { least: 2, spread: 8 } as const;

/**
 * The cost of a step: nothing; a retry, which counts for the answer's ceiling and for the common budget; or, for
 * another model, one retry beyond the ceiling.
 */
export type Cost = 'nothing' | 'retry' | 'beyond';

/** What the steps of an answer are paid from. */
export type Purse = {
  /** Pays `cost`. Returns false, and takes nothing, where the cost cannot be paid. */
  pay(cost: Cost): boolean;
  /** True where the ceiling is reached. False where the ceiling allows no retry from the start. */
  readonly areSpent: boolean;
  /** How many retries the ceiling still allows; undefined where none are counted. */
  readonly left: number | undefined;
  /** Whether another attempt, a little later, may end better. Each failure is told once. */
  isWorthwhile(error: unknown): boolean;
  /**
   * The most milliseconds that another attempt waits, so that the last attempt before the client is told of an
   * unreachable host is not late.
   */
  mostWait(): number;
  /**
   * The error with which the answer ends. If only the budget forbade another attempt, the client is told to make it
   * later.
   */
  explain(error: unknown): unknown;
  /** To be called when another attempt begins after a wait. */
  roundBegins(): void;
  /** To be called when the answer has ended. May be repeated. */
  end(): void;
};

export type RetriesOptions = {
  ticket: BudgetTicket;
  /** The most retries of one answer, for whatever reasons they are made. */
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
  /** When upstream stopped being reachable: when the first of the latest rounds that could not reach it began. */
  #awaySince: number | undefined;

  constructor(options: RetriesOptions) {
    this.#options = options;
    this.#roundBegan = options.clock.monotonic();
  }

  /** Attempts that follow each other without a wait, such as those with several keys, are one round. */
  roundBegins(): void {
    this.#roundBegan = this.#options.clock.monotonic();
  }

  /** True where the last round could not reach upstream. */
  get isAway(): boolean {
    return this.#awaySince !== undefined;
  }

  get areSpent(): boolean {
    return this.#spent > 0 && !this.#reserved && this.#spent === this.#options.ceiling;
  }

  get left(): number {
    return Math.max(0, this.#options.ceiling - this.#spent);
  }

  pay(cost: Cost): boolean {
    switch (cost) {
      case 'nothing':
        return true;
      case 'retry':
        return this.#payRetry();
      case 'beyond':
        return this.areSpent && this.#takeOne();
    }
  }

  /**
   * True where another attempt may replace an unusable answer; its retry is then paid. (Where it is false, the answer
   * is told as it is.)
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

/** The least milliseconds that another attempt waits: as long as Google or a gateway asks. */
export function toldWait(error: unknown): number {
  if (!(error instanceof UpstreamError)) return 0;
  const seconds = retryDelaySeconds(error.google, error.message) ?? error.retryAfter ?? 0;
  return Math.min(seconds * 1000, LONGEST_WAIT_MS);
}
