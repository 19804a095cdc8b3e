/** What one answer may spend on being asked for again, and what is told where nothing is left to spend. */
import { retryDelaySeconds } from '../gemini/error-facts.ts';
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import type { BudgetTicket } from '../keys/retry-budget.ts';
import type { Clock, Random } from '../lib/ports.ts';
import { isRetryable } from '../translate/errors.ts';

/** A model that says nothing usable twice will say it a third time; and each attempt costs the whole prompt. */
const UNUSABLE_ANSWERS = 2;
/** Milliseconds. Whoever asks for more is asked again before it. */
const LONGEST_WAIT_MS = 30_000;
/** Milliseconds that a host may be away before the client is told: it goes on by itself, and whoever sits there knows why. */
const LONGEST_AWAY_MS = 15_000;
/** Seconds, of which each client is told others: those who failed together are not to come back together. */
const LATER = { least: 2, spread: 8 } as const;

/** What a step costs: nothing; a retry, of the ceiling and of the budget of all; or, of another model, one beyond the ceiling. */
export type Cost = 'nothing' | 'retry' | 'beyond';

/** What the steps of an answer are paid from. */
export type Purse = {
  /** Takes the cost where it says yes. */
  pay(cost: Cost): boolean;
  /** All that the ceiling allows was spent; false where it allows nothing. */
  readonly areSpent: boolean;
  /** How many retries the ceiling still allows; undefined where none are counted. */
  readonly left: number | undefined;
  /** Whether asking again, a little later, may end better. Told once of each failure. */
  isWorthwhile(error: unknown): boolean;
  /** Milliseconds that asking again waits at most: the last attempt before the client is told of a host that is away is not late. */
  mostWait(): number;
  /** What the answer ends with: where only the budget forbade another attempt, the client is to make it, later. */
  explain(error: unknown): unknown;
  /** Another attempt begins after a wait. */
  roundBegins(): void;
  /** The answer has ended. Idempotent. */
  end(): void;
};

export type RetriesOptions = {
  ticket: BudgetTicket;
  /** Retries of one answer, whatever they are for. */
  ceiling: number;
  clock: Clock;
  random: Random;
};

export class Retries implements Purse {
  readonly #options: RetriesOptions;
  #spent = 0;
  #unusable = 0;
  /** A retry was taken for the next who pays one. */
  #reserved = false;
  #state: 'free' | 'refused' = 'free';
  #roundBegan: number;
  /** When the first of the last rounds began that found no way to the host. */
  #awaySince: number | undefined;

  constructor(options: RetriesOptions) {
    this.#options = options;
    this.#roundBegan = options.clock.monotonic();
  }

  /** Attempts that follow each other without a wait, as those over several keys, are one round. */
  roundBegins(): void {
    this.#roundBegan = this.#options.clock.monotonic();
  }

  /** The last round found no way to the host. */
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
   * True where an unusable answer may be thrown away for another attempt, which is then paid: for what would rather be told
   * than fail.
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

/** Milliseconds that asking again waits at least: as long as Google, or a front of it, asks. */
export function toldWait(error: unknown): number {
  if (!(error instanceof UpstreamError)) return 0;
  const seconds = retryDelaySeconds(error.google, error.message) ?? error.retryAfter ?? 0;
  return Math.min(seconds * 1000, LONGEST_WAIT_MS);
}
