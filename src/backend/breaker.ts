/**
 * A circuit breaker: after too many failures nothing is sent for a while, then one probe decides. Written by hand because it
 * has to tell beforehand when it will let something pass (a pool chooses by that), to be told what other instances saw, and
 * to live on the one clock. Why not cockatiel: docs/decisions/0022-breakers-and-budget.md
 */
import type { Clock } from '../lib/ports.ts';

export type BreakerState =
  /** All pass. */
  | 'closed'
  /** None pass until a time. */
  | 'open'
  /** That time is over: one may pass, and decides for all. */
  | 'half-open';

const FROM_BEST: readonly BreakerState[] = ['closed', 'half-open', 'open'];

/** Of several ways to the same thing: it is as well as the best of them. */
export const bestState = (states: readonly BreakerState[]): BreakerState =>
  FROM_BEST.find((state) => states.includes(state)) ?? 'closed';

/** Times are milliseconds. */
export type BreakerOptions = {
  clock: Clock;
  /** Failures in a row that open it. */
  consecutive: number;
  /** Fewer while there is another reason to think so. */
  suspect?: { consecutive: number; when(): boolean };
  /** Or: this share of at least so many outcomes within the window. */
  share: number;
  atLeast: number;
  windowMs: number;
  /** Doubles with each opening that no success came between. */
  firstOpenMs: number;
  maxOpenMs: number;
  /** A probe that tells nothing for so long has got lost, and makes room for another. */
  probeMs: number;
  /** After each change of state; `learned` from another instance, or seen here. */
  onChange?(state: BreakerState, breaker: Breaker, source: 'seen' | 'learned'): void;
};

/** One try's permission. What it tells counts only in the round that it was given out in, or, of a probe's success, the opening. */
export type Pass = {
  /** The other side works. */
  succeeded(): void;
  failed(): void;
  /** Neither: the client left, or the request itself was wrong. */
  abandoned(): void;
};

type Outcome = { at: number; failed: boolean };

export class Breaker {
  readonly #options: BreakerOptions;
  #state: 'closed' | 'open' | 'probing' = 'closed';
  #until = 0;
  #opens = 0;
  /** Grows with each change: a pass of an earlier round says nothing of now. */
  #round = 0;
  /** Grows when it opens or closes: a probe's success tells of now, however late it comes within one opening. */
  #turn = 0;
  #probeSince: number | undefined;
  #inRow = 0;
  /** Oldest first. */
  #outcomes: Outcome[] = [];
  #failures = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    if (this.#state === 'closed') return 'closed';
    return this.#state === 'open' && this.#options.clock.now() < this.#until ? 'open' : 'half-open';
  }

  /** Openings since the last success. */
  get opens(): number {
    return this.#opens;
  }

  /** Until when nothing passes; 0 when closed. Milliseconds since the epoch. */
  get until(): number {
    return this.#state === 'closed' ? 0 : this.#until;
  }

  /** When something may pass: not in the future for now. While a probe is out: when it counts as lost. */
  freeAt(): number {
    if (this.#state === 'closed') return 0;
    if (this.#state === 'probing' && this.#probeSince !== undefined)
      return this.#probeSince + this.#options.probeMs;
    return this.#until;
  }

  /** Undefined where nothing may pass now. */
  pass(): Pass | undefined {
    const now = this.#options.clock.now();
    if (this.#state !== 'closed') {
      if (this.freeAt() > now) return undefined;
      this.#beginProbe(now);
    }
    return this.#passOf(this.#round, this.#turn);
  }

  /** What another instance saw: open until then, or (0) closed. Its clock may be wrong; ours bounds what it says. */
  learn(said: number, opens: number): void {
    const { clock, maxOpenMs } = this.#options;
    const until = Math.min(said, clock.now() + maxOpenMs);
    if (until > clock.now()) {
      if (this.#state !== 'closed' && until <= this.#until) return;
      this.#opens = Math.max(this.#opens, opens);
      this.#open(until, 'learned');
    } else if (until === 0 && this.#state !== 'closed') this.#close('learned');
  }

  #passOf(round: number, turn: number): Pass {
    const told = { success: false, failure: false };
    return {
      succeeded: () => {
        if (turn !== this.#turn || told.success) return;
        told.success = true;
        this.#succeeded();
      },
      failed: () => {
        if (round !== this.#round || told.failure) return;
        told.failure = true;
        this.#failed();
      },
      abandoned: () => {
        if (round === this.#round && this.#state === 'probing') this.#probeSince = undefined;
      },
    };
  }

  /** A round of its own: the failure of a probe that was slow no longer decides; its success still does. */
  #beginProbe(now: number): void {
    this.#round++;
    this.#probeSince = now;
    if (this.#state === 'probing') return;
    this.#state = 'probing';
    this.#options.onChange?.('half-open', this, 'seen');
  }

  #succeeded(): void {
    if (this.#state === 'probing') this.#close('seen');
    else this.#note(false);
  }

  #failed(): void {
    if (this.#state === 'probing') this.#openAnew();
    else if (this.#note(true)) this.#openAnew();
  }

  /** True where this was one failure too many. */
  #note(failed: boolean): boolean {
    const { clock, windowMs, atLeast, share } = this.#options;
    const now = clock.now();
    for (let old = this.#outcomes[0]; old && now - old.at >= windowMs; old = this.#outcomes[0]) {
      this.#outcomes.shift();
      if (old.failed) this.#failures--;
    }
    this.#inRow = failed ? this.#inRow + 1 : 0;
    this.#outcomes.push({ at: now, failed });
    if (!failed) return false;
    this.#failures++;
    const known = this.#outcomes.length;
    return this.#inRow >= this.#allowedInRow() || (known >= atLeast && this.#failures >= share * known);
  }

  #allowedInRow(): number {
    const { consecutive, suspect } = this.#options;
    return suspect?.when() ? suspect.consecutive : consecutive;
  }

  #openAnew(): void {
    const { clock, firstOpenMs, maxOpenMs } = this.#options;
    const ms = Math.min(maxOpenMs, firstOpenMs * 2 ** this.#opens);
    this.#opens++;
    this.#open(clock.now() + ms, 'seen');
  }

  #open(until: number, source: 'seen' | 'learned'): void {
    this.#state = 'open';
    this.#until = until;
    this.#reset();
    this.#options.onChange?.('open', this, source);
  }

  #close(source: 'seen' | 'learned'): void {
    this.#state = 'closed';
    this.#opens = 0;
    this.#reset();
    this.#options.onChange?.('closed', this, source);
  }

  #reset(): void {
    this.#round++;
    this.#turn++;
    this.#probeSince = undefined;
    this.#inRow = 0;
    this.#outcomes = [];
    this.#failures = 0;
  }
}
