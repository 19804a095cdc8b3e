/**
 * What a breaker should do, in the simplest form: it keeps everything that was told since the last change, and counts
 * it anew each time. Also a breaker to compare with it.
 */
import { Breaker, type BreakerOptions, type BreakerState } from '../../../src/keys/breaker.ts';
import { dateOf } from '../../../src/lib/ports.ts';
import { clockOf } from '../manual-clock.ts';

export type BreakerFigures = Omit<BreakerOptions, 'clock' | 'onChange'>;
type Sample = { at: number; failed: boolean; asker: string };
/** From one opening to its end. `blamed`: the asker who failed, if there was only one. */
type Opening = { blamed: string | undefined };
type Phase =
  | { kind: 'closed'; told: Sample[] }
  | { kind: 'open'; until: number; opening: Opening }
  /** One phase for each probe. */
  | { kind: 'probing'; until: number; since: number | undefined; opening: Opening };

/** A permit counts only in the phase in which it was given out; a bystander's counts for the whole opening. */
export type ModelPass = {
  phase: Phase;
  asker: string;
  bystander: boolean;
  told: Set<'success' | 'failure'>;
};

const openingOf = (phase: Phase): Opening | undefined =>
  phase.kind === 'closed' ? undefined : phase.opening;

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

  get blamed(): string | undefined {
    return openingOf(this.#phase)?.blamed;
  }

  #isBystander(asker: string): boolean {
    return this.blamed !== undefined && this.blamed !== asker;
  }

  freeAt(asker: string): number {
    const phase = this.#phase;
    if (this.#isBystander(asker)) return 0;
    if (phase.kind === 'probing' && phase.since !== undefined) return phase.since + this.#figures.probeMs;
    return this.until;
  }

  /** A probe is under way and may still report. */
  get probing(): boolean {
    return this.#phase.kind === 'probing' && this.#phase.since !== undefined;
  }

  pass(now: number, asker = ''): ModelPass | undefined {
    if (now < this.freeAt(asker)) return undefined;
    const bystander = this.#isBystander(asker);
    if (this.#phase.kind !== 'closed' && !bystander)
      this.#phase = { ...this.#phase, kind: 'probing', since: now };
    return { phase: this.#phase, asker, bystander, told: new Set() };
  }

  succeed(pass: ModelPass, now: number): void {
    if (!this.#isOfNow(pass) || pass.told.has('success')) return;
    pass.told.add('success');
    const answered = { at: now, failed: false, asker: pass.asker };
    if (this.#phase.kind === 'closed') this.#phase.told.push(answered);
    else this.#close([answered]);
  }

  /** Any success counts in this opening, however late it comes. */
  #isOfNow({ phase }: ModelPass): boolean {
    const opening = openingOf(phase);
    return phase === this.#phase || (opening !== undefined && opening === openingOf(this.#phase));
  }

  fail(pass: ModelPass, now: number): void {
    const counts = pass.bystander ? this.#isOfNow(pass) : pass.phase === this.#phase;
    if (!counts || pass.told.has('failure')) return;
    pass.told.add('failure');
    const opening = openingOf(this.#phase);
    if (opening && pass.bystander) {
      opening.blamed = undefined;
      return;
    }
    let blamed = opening?.blamed;
    if (this.#phase.kind === 'closed') {
      const { told } = this.#phase;
      told.push({ at: now, failed: true, asker: pass.asker });
      if (!this.#isTooMuch(told, now)) return;
      const [only, ...others] = new Set(
        [...recent(told, now, this.#figures), ...lastFailures(told)].map(({ asker }) => asker),
      );
      blamed = others.length === 0 ? only : undefined;
    }
    const { first, most } = this.#figures.open;
    const until = now + Math.min(most, first * 2 ** this.opens);
    this.#phase = { kind: 'open', until, opening: { blamed } };
    this.opens++;
  }

  abandon(pass: ModelPass): void {
    if (!pass.bystander && pass.phase === this.#phase && this.#phase.kind === 'probing')
      this.#phase.since = undefined;
  }

  learn(now: number, until: number, opens: number, blamed?: string): void {
    const phase = this.#phase;
    const knowsBetter =
      phase.kind === 'closed'
        ? blamed !== undefined && this.#othersAnswered(phase.told, blamed, now)
        : until <= phase.until;
    if (until > now && !knowsBetter) {
      this.#phase = { kind: 'open', until, opening: { blamed } };
      this.opens = Math.max(this.opens, opens);
    }
    if (until === 0 && this.#phase.kind !== 'closed') this.#close([]);
  }

  #close(told: Sample[]): void {
    this.#phase = { kind: 'closed', told };
    this.opens = 0;
  }

  #othersAnswered(told: readonly Sample[], than: string, now: number): boolean {
    const { windowMs } = this.#figures;
    return told.some(({ at, failed, asker }) => !failed && asker !== than && now - at < windowMs);
  }

  /** While others are answered, only one failure of the same asker counts. */
  #weigh(told: readonly Sample[], failures: readonly Sample[], now: number): number {
    const { windowMs } = this.#figures;
    const answered = told.filter(({ at, failed }) => !failed && now - at < windowMs);
    const heard = failures.filter(
      ({ asker }, index) =>
        answered.some((one) => one.asker === asker) ||
        !this.#othersAnswered(told, asker, now) ||
        failures.findIndex((other) => other.asker === asker) === index,
    );
    return heard.length;
  }

  #isTooMuch(told: readonly Sample[], now: number): boolean {
    const { share, atLeast, windowMs, suspect } = this.#figures;
    const consecutive = suspect?.when() ? suspect.consecutive : this.#figures.consecutive;
    if (this.#weigh(told, lastFailures(told), now) >= consecutive) return true;
    const failures = this.#weigh(told, recent(told, now, this.#figures), now);
    const successes = told.filter(({ at, failed }) => !failed && now - at < windowMs).length;
    return failures + successes >= atLeast && failures / (failures + successes) >= share;
  }
}

const lastFailures = (told: readonly Sample[]): Sample[] =>
  told.slice(told.findLastIndex(({ failed }) => !failed) + 1);

/** Failures. */
const recent = (told: readonly Sample[], now: number, { windowMs }: BreakerFigures): Sample[] =>
  told.filter(({ at, failed }) => failed && now - at < windowMs);

/** The settings that the pool uses. */
export const FIGURES: BreakerFigures = {
  consecutive: 5,
  share: 0.5,
  atLeast: 10,
  windowMs: 30_000,
  open: { first: 5_000, most: 60_000 },
  probeMs: 30_000,
};
export const START = 1_000_000;

/** A breaker, and the time of its clock. */
export function openBreaker(figures: BreakerFigures = FIGURES) {
  const time = { now: START };
  const clock = clockOf(() => time.now);
  const changes: string[] = [];
  const breaker = new Breaker({
    ...figures,
    clock,
    onChange: (state, _breaker, source) => changes.push(`${state} ${source}`),
  });
  const fail = (times = 1, asker?: string) => {
    for (let i = 0; i < times; i++) breaker.pass(asker)?.failed();
  };
  /** Waits until the breaker may be tried. */
  const wait = () => {
    time.now = breaker.freeAt();
  };
  /** A moment as other instances would tell it. */
  const date = (moment: number) => dateOf(clock, moment).getTime();
  return { breaker, time, date, changes, fail, wait };
}
