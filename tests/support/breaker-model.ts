/** A breaker to test, and what it should do, said as simply as can be: all that was told since the last change is kept, and counted anew. */
import { Breaker, type BreakerOptions, type BreakerState } from '../../src/backend/breaker.ts';

export type BreakerFigures = Omit<BreakerOptions, 'clock' | 'onChange'>;
type Outcome = { at: number; failed: boolean };
type Phase =
  | { kind: 'closed'; told: Outcome[] }
  | { kind: 'open'; until: number }
  /** One phase for each probe. */
  | { kind: 'probing'; until: number; since: number | undefined; opening: object };

/** Says something of the phase that it was given out in, and of no later one. */
export type ModelPass = { phase: Phase; told: Set<'success' | 'failure'> };

export class BreakerModel {
  opens = 0;
  readonly #figures: BreakerFigures;
  #phase: Phase = { kind: 'closed', told: [] };

  constructor(figures: BreakerFigures) {
    this.#figures = figures;
  }

  state(now: number): BreakerState {
    if (this.#phase.kind === 'closed') return 'closed';
    return this.#phase.kind === 'open' && now < this.#phase.until ? 'open' : 'half-open';
  }

  get until(): number {
    return this.#phase.kind === 'closed' ? 0 : this.#phase.until;
  }

  get freeAt(): number {
    const phase = this.#phase;
    if (phase.kind === 'probing' && phase.since !== undefined) return phase.since + this.#figures.probeMs;
    return this.until;
  }

  /** A probe is out, and may still tell. */
  get probing(): boolean {
    return this.#phase.kind === 'probing' && this.#phase.since !== undefined;
  }

  pass(now: number): ModelPass | undefined {
    if (this.#phase.kind !== 'closed') {
      if (now < this.freeAt) return undefined;
      const opening = this.#phase.kind === 'probing' ? this.#phase.opening : {};
      this.#phase = { kind: 'probing', until: this.#phase.until, since: now, opening };
    }
    return { phase: this.#phase, told: new Set() };
  }

  succeed(pass: ModelPass, now: number): void {
    if (!this.#isOfNow(pass) || pass.told.has('success')) return;
    pass.told.add('success');
    if (this.#phase.kind === 'closed') this.#phase.told.push({ at: now, failed: false });
    else this.#close();
  }

  /** The success of any probe of this opening, however late. */
  #isOfNow({ phase }: ModelPass): boolean {
    if (phase === this.#phase) return true;
    return (
      phase.kind === 'probing' && this.#phase.kind === 'probing' && phase.opening === this.#phase.opening
    );
  }

  fail(pass: ModelPass, now: number): void {
    if (pass.phase !== this.#phase || pass.told.has('failure')) return;
    pass.told.add('failure');
    if (this.#phase.kind === 'closed') {
      this.#phase.told.push({ at: now, failed: true });
      if (!this.#isTooMuch(this.#phase.told, now)) return;
    }
    const { firstOpenMs, maxOpenMs } = this.#figures;
    this.#phase = { kind: 'open', until: now + Math.min(maxOpenMs, firstOpenMs * 2 ** this.opens) };
    this.opens++;
  }

  abandon(pass: ModelPass): void {
    if (pass.phase === this.#phase && this.#phase.kind === 'probing') this.#phase.since = undefined;
  }

  learn(now: number, until: number, opens: number): void {
    if (until > now && (this.#phase.kind === 'closed' || until > this.#phase.until)) {
      this.#phase = { kind: 'open', until };
      this.opens = Math.max(this.opens, opens);
    }
    if (until === 0 && this.#phase.kind !== 'closed') this.#close();
  }

  #close(): void {
    this.#phase = { kind: 'closed', told: [] };
    this.opens = 0;
  }

  #isTooMuch(told: readonly Outcome[], now: number): boolean {
    const { share, atLeast, windowMs, suspect } = this.#figures;
    const consecutive = suspect?.when() ? suspect.consecutive : this.#figures.consecutive;
    if (told.length >= consecutive && told.slice(-consecutive).every(({ failed }) => failed)) return true;
    const recent = told.filter(({ at }) => now - at < windowMs);
    const failures = recent.filter(({ failed }) => failed).length;
    return recent.length >= atLeast && failures / recent.length >= share;
  }
}

/** As the pool has them. */
export const FIGURES: BreakerFigures = {
  consecutive: 5,
  share: 0.5,
  atLeast: 10,
  windowMs: 30_000,
  firstOpenMs: 5_000,
  maxOpenMs: 60_000,
  probeMs: 30_000,
};
export const START = 1_000_000;

/** A breaker, and the time of its clock. */
export function openBreaker(figures: BreakerFigures = FIGURES) {
  const time = { now: START };
  const changes: string[] = [];
  const breaker = new Breaker({
    ...figures,
    clock: { now: () => time.now, sleep: () => new Promise(() => {}) },
    onChange: (state, _breaker, source) => changes.push(`${state} ${source}`),
  });
  const fail = (times = 1) => {
    for (let i = 0; i < times; i++) breaker.pass()?.failed();
  };
  /** Waits until it may be tried. */
  const wait = () => {
    time.now = breaker.freeAt();
  };
  return { breaker, time, changes, fail, wait };
}
