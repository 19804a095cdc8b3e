/**
 * A circuit breaker: after too many failures nothing is sent for a while, then one probe decides. Written by hand because it
 * has to tell beforehand when it will let something pass (a pool chooses by that), to be told what other instances saw, and
 * to live on the one clock. Why not cockatiel: docs/decisions/0022-breakers-and-budget.md
 */
import { type Clock, dateOf, momentOf } from '../lib/ports.ts';
import { type Asker, BreakerEvidence } from './breaker-evidence.ts';

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
  /** It decides for all. */
  readonly isProbe: boolean;
  /** The other side works. */
  succeeded(): void;
  failed(): void;
  /** Neither: the client left, or the request itself was wrong. */
  abandoned(): void;
};

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #evidence: BreakerEvidence;
  #state: 'closed' | 'open' | 'probing' = 'closed';
  #until = 0;
  #openUntil = 0;
  #opens = 0;
  /** Who alone has failed since it opened, and before; undefined where several did, or where that is not known. */
  #blamed: Asker | undefined;
  /** Grows with each change: a pass of an earlier round says nothing of now. */
  #round = 0;
  /** Grows when it opens or closes: a probe's success tells of now, however late it comes within one opening. */
  #turn = 0;
  #probeSince: number | undefined;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#evidence = new BreakerEvidence(options.windowMs);
  }

  get state(): BreakerState {
    if (this.#state === 'closed') return 'closed';
    return this.#state === 'open' && this.#options.clock.monotonic() < this.#until ? 'open' : 'half-open';
  }

  /** Openings since the last success. */
  get opens(): number {
    return this.#opens;
  }

  /** Until when nothing passes, by the monotonic clock; 0 when closed. */
  get until(): number {
    return this.#state === 'closed' ? 0 : this.#until;
  }

  /** The same as others are told it: milliseconds since the epoch when it opened, or as it was learned. It names the opening, too. */
  get openUntil(): number {
    return this.#state === 'closed' ? 0 : this.#openUntil;
  }

  /** Who alone is to blame for its being open; undefined where it may be the other side. */
  get blamed(): Asker | undefined {
    return this.#blamed;
  }

  /**
   * When something of `asker` may pass: not in the future for now. While a probe is out: when it counts as lost. Where one asker
   * alone failed, the others pass: it may be its request that is at fault.
   */
  freeAt(asker: Asker = ''): number {
    if (this.#state === 'closed' || this.#isBystander(asker)) return 0;
    if (this.#state === 'probing' && this.#probeSince !== undefined)
      return this.#probeSince + this.#options.probeMs;
    return this.#until;
  }

  /** Undefined where nothing of `asker` may pass now. */
  pass(asker: Asker = ''): Pass | undefined {
    const now = this.#options.clock.monotonic();
    if (this.freeAt(asker) > now) return undefined;
    const isProbe = this.#state !== 'closed' && !this.#isBystander(asker);
    if (isProbe) this.#beginProbe(now);
    return this.#passOf(asker, isProbe);
  }

  /**
   * What another instance saw: open until then (milliseconds since the epoch), or (0) closed. Its clock may be wrong; ours bounds what it says. `blamed` alone
   * failed there: that weighs here what it would have weighed here.
   */
  learn(said: number, opens: number, blamed?: Asker): void {
    const { clock, maxOpenMs } = this.#options;
    const now = clock.monotonic();
    const until = Math.min(momentOf(clock, said), now + maxOpenMs);
    if (until > now) {
      if (this.#state !== 'closed' && until <= this.#until) return;
      // The evidence of one that is not closed is empty.
      if (blamed !== undefined && this.#evidence.othersAnswered(blamed, now)) return;
      this.#opens = Math.max(this.#opens, opens);
      this.#open(until, said, 'learned', blamed);
    } else if (said === 0 && this.#state !== 'closed') this.#close('learned');
  }

  #isBystander(asker: Asker): boolean {
    return this.#blamed !== undefined && this.#blamed !== asker;
  }

  #passOf(asker: Asker, isProbe: boolean): Pass {
    const [round, turn] = [this.#round, this.#turn];
    const told = { success: false, failure: false };
    return {
      isProbe,
      succeeded: () => {
        if (turn !== this.#turn || told.success) return;
        told.success = true;
        this.#succeeded(asker);
      },
      failed: () => {
        if ((isProbe ? round !== this.#round : turn !== this.#turn) || told.failure) return;
        told.failure = true;
        if (isProbe) this.#openAnew(this.#options.clock.monotonic(), this.#blamed);
        else this.#failed(asker);
      },
      abandoned: () => {
        if (isProbe && round === this.#round) this.#probeSince = undefined;
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

  #succeeded(asker: Asker): void {
    if (this.#state !== 'closed') this.#close('seen');
    // After the change, which begins anew: whoever failed alone does so still.
    this.#evidence.note(false, asker, this.#options.clock.monotonic());
  }

  #failed(asker: Asker): void {
    const { clock, atLeast, share } = this.#options;
    const now = clock.monotonic();
    if (this.#state !== 'closed') {
      // A bystander: it is not one asker alone that fails.
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
    const { clock, firstOpenMs, maxOpenMs } = this.#options;
    const ms = Math.min(maxOpenMs, firstOpenMs * 2 ** this.#opens);
    this.#opens++;
    this.#open(now + ms, dateOf(clock, now + ms).getTime(), 'seen', blamed);
  }

  #open(until: number, openUntil: number, source: 'seen' | 'learned', blamed: Asker | undefined): void {
    this.#state = 'open';
    this.#until = until;
    this.#openUntil = openUntil;
    this.#reset(blamed);
    this.#options.onChange?.('open', this, source);
  }

  #close(source: 'seen' | 'learned'): void {
    this.#state = 'closed';
    this.#opens = 0;
    this.#reset(undefined);
    this.#options.onChange?.('closed', this, source);
  }

  #reset(blamed: Asker | undefined): void {
    this.#round++;
    this.#turn++;
    this.#probeSince = undefined;
    this.#blamed = blamed;
    this.#evidence.clear();
  }
}
