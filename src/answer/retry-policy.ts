/** Which failures of one answer are worth another try, how many there are, and what is told where the budget leaves none. */

import { retryDelaySeconds } from '../gemini/error-facts.ts';
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import type { BudgetTicket } from '../keys/retry-budget.ts';
import type { Clock, Random } from '../lib/ports.ts';
import { isRetryable } from '../translate/errors.ts';

/** A model that says nothing usable twice will say it a third time; and each try costs the whole prompt. */
const UNUSABLE_ANSWERS = 2;
/** Milliseconds. Whoever asks for more is asked again before it. */
const LONGEST_WAIT_MS = 30_000;
/** Milliseconds that a host may be away before the client is told: it goes on by itself, and whoever sits there knows why. */
const LONGEST_AWAY_MS = 15_000;
/** Seconds, of which each client is told others: those who failed together are not to come back together. */
const LATER = { least: 2, spread: 8 } as const;

export type RetryPolicyOptions = {
  ticket: BudgetTicket;
  /** Retries of one answer, whatever they are for. */
  ceiling: number;
  clock: Clock;
  random: Random;
  /** Called for each retry, before it is made. */
  onRetry(): void;
};

/** What the tries of an answer may know of it. */
export type Retries = Pick<RetryPolicy, 'take' | 'reserve' | 'areSpent' | 'takeLast'>;

export class RetryPolicy {
  readonly #options: RetryPolicyOptions;
  #retries = 0;
  #unusable = 0;
  /** A retry was taken for the next that asks. */
  #reserved = false;
  #state: 'free' | 'refused' = 'free';
  #tryBegan = 0;
  /** When the first of the last tries began that found no way to the host. */
  #awaySince: number | undefined;
  /** Head and items end with the same error, told once. */
  #explained: UpstreamError | undefined;

  constructor(options: RetryPolicyOptions) {
    this.#options = options;
  }

  tryBegins(): void {
    this.#tryBegan = this.#options.clock.monotonic();
  }

  /** The last try found no way to the host. */
  get isAway(): boolean {
    return this.#awaySince !== undefined;
  }

  /** True where one more retry may be made; it counts from then on. */
  take(): boolean {
    if (this.#reserved) {
      this.#reserved = false;
      return true;
    }
    return this.#retries < this.#options.ceiling && this.#takeOne();
  }

  /**
   * True where an unusable answer may be thrown away for another try, which is then taken: for what would rather be told
   * than fail.
   */
  reserve(): boolean {
    if (this.#unusable + 1 >= UNUSABLE_ANSWERS || this.#retries >= this.#options.ceiling) return false;
    if (!this.#options.ticket.take()) return false;
    this.#count();
    this.#reserved = true;
    return true;
  }

  /** All that the ceiling allows were made; false where it allows none. */
  get areSpent(): boolean {
    return this.#retries > 0 && !this.#reserved && this.#retries === this.#options.ceiling;
  }

  /** One beyond the ceiling, of another model: an error is no answer where that one has it. */
  takeLast(): boolean {
    return this.areSpent && this.#takeOne();
  }

  #takeOne(): boolean {
    if (!this.#options.ticket.take()) {
      this.#state = 'refused';
      return false;
    }
    this.#state = 'free';
    this.#count();
    return true;
  }

  #count(): void {
    this.#retries++;
    this.#options.onRetry();
  }

  /** Takes its part of the budget where it says yes. */
  allows(error: unknown): boolean {
    if (!isUnreachable(error)) this.#awaySince = undefined;
    else this.#awaySince ??= this.#tryBegan;
    if (this.#awayLeft() <= 0) return false;
    return isRetryable(error) && !this.#isHopeless(error) && this.take();
  }

  /** Milliseconds that the next try waits at most: the last one before the client is told of a host that is away is not late. */
  mostWait(): number {
    return this.#awayLeft();
  }

  #awayLeft(): number {
    if (this.#awaySince === undefined) return Infinity;
    return this.#awaySince + LONGEST_AWAY_MS - this.#options.clock.monotonic();
  }

  /** What the answer ends with: where only the budget forbade another try, the client is to make it, later. */
  explain(error: unknown): unknown {
    if (this.#state === 'free' || !(error instanceof UpstreamError) || !isRetryable(error)) return error;
    this.#explained ??= this.#later(error);
    return this.#explained;
  }

  /** Milliseconds that the next try waits at least: as long as Google, or a front of it, asks. */
  leastWait(error: unknown): number {
    if (!(error instanceof UpstreamError)) return 0;
    const seconds = retryDelaySeconds(error.google, error.message) ?? error.retryAfter ?? 0;
    return Math.min(seconds * 1000, LONGEST_WAIT_MS);
  }

  #later(error: UpstreamError): UpstreamError {
    const retryAfter = LATER.least + Math.floor(this.#options.random.next() * LATER.spread);
    const message = `${error.message} (not tried again here: too many requests fail now)`;
    return new UpstreamError('not-sent', message, { status: 503, retryAfter, cause: error });
  }

  #isHopeless(error: unknown): boolean {
    return (
      error instanceof UpstreamError && error.kind === 'unusable' && ++this.#unusable >= UNUSABLE_ANSWERS
    );
  }
}
