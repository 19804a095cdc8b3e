/**
 * A circuit breaker: after too many failures nothing is sent for a while, then one request (the probe) decides. We wrote our own because a
 * breaker here must say beforehand when it will let a request pass (keys are chosen by that time), must learn what other instances saw,
 * and must run on the injected clock. Why not cockatiel: docs/decisions/0022-breakers-and-budget.md
 */
import { type Backoff, backoffMs } from '../lib/backoff.ts';
import { type Clock, dateOf, momentOf } from '../lib/ports.ts';
import { type Asker, BreakerEvidence } from './breaker-evidence.ts';

/** `learned`: another instance told of it. */
export type Source = 'seen' | 'learned';

export type BreakerState =
  /** Every request may pass. */
  | 'closed'
  /** No request may pass before a given time. */
  | 'open'
  /** The time is over. One request may pass, and its outcome closes the breaker or opens it again. */
  | 'half-open';

const FROM_BEST: readonly BreakerState[] = ['closed', 'half-open', 'open'];

/**
 * The states from best to worst. Where a model can be asked with several keys, the best of the states with these keys
 * counts.
 */
export const bestState = (states: readonly BreakerState[]): BreakerState =>
  FROM_BEST.find((state) => states.includes(state)) ?? 'closed';

/** Times are milliseconds. */
export type BreakerOptions = {
  clock: Clock;
  /** This number of failures in a row opens the breaker. */
  consecutive: number;
  /**
   * This number of failures in a row opens the breaker while `when` is true, that is while something besides the
   * outcomes says that the model is in trouble.
   */
  suspect?: { consecutive: number; when(): boolean };
  /**
   * Failures also open the breaker when their share of the outcomes within the window is at least this, and the window
   * has at least `atLeast` outcomes.
   */
  share: number;
  atLeast: number;
  windowMs: number;
  /** How long the breaker stays open. Each opening lasts longer than the one before, until a success comes. */
  open: Backoff;
  /** After this time a probe without an outcome counts as lost, and another probe may be sent. */
  probeMs: number;
  /** Runs after each change of state. */
  onChange?(state: BreakerState, breaker: Breaker, source: Source): void;
};

/**
 * The permission for one attempt, which reports its outcome here. Late outcomes count for little. Example: a request is sent, the breaker
 * opens and closes meanwhile, then the request fails. That failure says nothing of the model's state now, and is
 * ignored. Once a probe has taken longer than `probeMs`, its failure decides nothing, because another probe may be out by then. Its
 * success still closes the breaker.
 */
export type Pass = {
  /** The outcome of a probe decides whether the breaker closes. */
  readonly isProbe: boolean;
  /** To be called when the other side has worked. */
  succeeded(): void;
  failed(): void;
  /** The attempt says nothing of the other side. Examples: the client left; the request itself was wrong. */
  abandoned(): void;
};

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #evidence: BreakerEvidence;
  #state: 'closed' | 'open' | 'probing' = 'closed';
  #until = 0;
  #openUntil = 0;
  #opens = 0;
  /** While the breaker is open: the only asker whose requests failed. Undefined where several askers failed, or where the askers are not known. */
  #blamed: Asker | undefined;
  /** Counts all changes of state, and the probes. The failure of a probe counts only in the round that it began. */
  #round = 0;
  /** Counts openings and closings. All other outcomes count only in the phase in which their attempt began. */
  #phase = 0;
  #probeSince: number | undefined;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#evidence = new BreakerEvidence(options.windowMs);
  }

  get state(): BreakerState {
    if (this.#state === 'closed') return 'closed';
    return this.#state === 'open' && this.#options.clock.monotonic() < this.#until ? 'open' : 'half-open';
  }

  /** The number of openings since the last success. */
  get opens(): number {
    return this.#opens;
  }

  /** Until when no request may pass, by the monotonic clock; 0 when the breaker is closed. */
  get until(): number {
    return this.#state === 'closed' ? 0 : this.#until;
  }

  /**
   * The date until which no request may pass, for other instances: in milliseconds since the epoch; 0 when the breaker
   * is closed.
   */
  get openUntil(): number {
    return this.#state === 'closed' ? 0 : this.#openUntil;
  }

  /** The only asker whose requests failed: those requests may be at fault themselves. Undefined where several askers failed. */
  get blamed(): Asker | undefined {
    return this.#blamed;
  }

  /**
   * The time at which a request of `asker` may pass; a time in the past means now. While a probe is out, it is the time
   * at which the probe counts as lost. Where only one asker failed, the requests of all other askers may pass at once,
   * because the failing request itself may be at fault.
   */
  freeAt(asker: Asker = ''): number {
    if (this.#state === 'closed' || this.#isBystander(asker)) return 0;
    if (this.#state === 'probing' && this.#probeSince !== undefined)
      return this.#probeSince + this.#options.probeMs;
    return this.#until;
  }

  /** The pass for a request of `asker`; undefined where no request of `asker` may pass now. */
  pass(asker: Asker = ''): Pass | undefined {
    const now = this.#options.clock.monotonic();
    if (this.freeAt(asker) > now) return undefined;
    const isProbe = this.#state !== 'closed' && !this.#isBystander(asker);
    if (isProbe) this.#beginProbe(now);
    return this.#passOf(asker, isProbe);
  }

  /**
   * Applies what another instance saw. `said` is the date until which the breaker is open there (milliseconds since the
   * epoch), or 0 when the breaker closed there. Even if the clock over there is wrong, the breaker here does not stay
   * open for longer than `open` allows. Where others than `blamed` were answered here a moment ago, the breaker here
   * stays closed.
   */
  learn(said: number, opens: number, blamed?: Asker): void {
    const { clock, open } = this.#options;
    const now = clock.monotonic();
    const until = Math.min(momentOf(clock, said), now + open.most);
    if (until > now) {
      if (this.#state !== 'closed' && until <= this.#until) return;
      // Only a closed breaker has evidence.
      if (blamed !== undefined && this.#evidence.othersAnswered(blamed, now)) return;
      this.#opens = Math.max(this.#opens, opens);
      this.#open(until, said, 'learned', blamed);
    } else if (said === 0 && this.#state !== 'closed') this.#close('learned');
  }

  #isBystander(asker: Asker): boolean {
    return this.#blamed !== undefined && this.#blamed !== asker;
  }

  #passOf(asker: Asker, isProbe: boolean): Pass {
    const [round, phase] = [this.#round, this.#phase];
    const told = { success: false, failure: false };
    return {
      isProbe,
      succeeded: () => {
        if (phase !== this.#phase || told.success) return;
        told.success = true;
        this.#succeeded(asker);
      },
      failed: () => {
        if ((isProbe ? round !== this.#round : phase !== this.#phase) || told.failure) return;
        told.failure = true;
        if (isProbe) this.#openAnew(this.#options.clock.monotonic(), this.#blamed);
        else this.#failed(asker);
      },
      abandoned: () => {
        if (isProbe && round === this.#round) this.#probeSince = undefined;
      },
    };
  }

  /** Begins a round, so that the failure of an earlier probe no longer counts. */
  #beginProbe(now: number): void {
    this.#round++;
    this.#probeSince = now;
    if (this.#state === 'probing') return;
    this.#state = 'probing';
    this.#options.onChange?.('half-open', this, 'seen');
  }

  #succeeded(asker: Asker): void {
    if (this.#state !== 'closed') this.#close('seen');
    // The success is noted after the closing: closing clears the evidence, and this success must stay in the evidence.
    this.#evidence.note(false, asker, this.#options.clock.monotonic());
  }

  #failed(asker: Asker): void {
    const { clock, atLeast, share } = this.#options;
    const now = clock.monotonic();
    if (this.#state !== 'closed') {
      // Another asker than the blamed one failed. So no single asker is to blame any more.
      this.#blamed = undefined;
      return;
    }
    this.#evidence.note(true, asker, now);
    const { known, failures } = this.#evidence.share(now);
    const isTooMuch =
      this.#evidence.inRow(now) >= this.#allowedInRow() || (known >= atLeast && failures >= share * known);
    if (isTooMuch) this.#openAnew(now, this.#evidence.only());
  }

  #allowedInRow(): number {
    const { consecutive, suspect } = this.#options;
    return suspect?.when() ? suspect.consecutive : consecutive;
  }

  #openAnew(now: number, blamed: Asker | undefined): void {
    const { clock, open } = this.#options;
    const ms = backoffMs(open, this.#opens);
    this.#opens++;
    this.#open(now + ms, dateOf(clock, now + ms).getTime(), 'seen', blamed);
  }

  #open(until: number, openUntil: number, source: Source, blamed: Asker | undefined): void {
    this.#state = 'open';
    this.#until = until;
    this.#openUntil = openUntil;
    this.#reset(blamed);
    this.#options.onChange?.('open', this, source);
  }

  #close(source: Source): void {
    this.#state = 'closed';
    this.#opens = 0;
    this.#reset(undefined);
    this.#options.onChange?.('closed', this, source);
  }

  #reset(blamed: Asker | undefined): void {
    this.#round++;
    this.#phase++;
    this.#probeSince = undefined;
    this.#blamed = blamed;
    this.#evidence.clear();
  }
}
