/** A limit on how long upstream may be silent while we wait for it. */
import type { Clock } from '../lib/ports.ts';

/**
 * Calls `onSilence` once the waits since something was heard last the limit together. Only waits count: a slow reader on our
 * side is not upstream's silence. A wait costs two looks at the clock; a single timer serves a whole stream, set anew only
 * when it runs out, or when the limit changes.
 */
export class SilenceLimit {
  readonly #clock: Clock;
  readonly #onSilence: (limitMs: number) => void;
  #limitMs: number;
  #cancel: () => void;
  #waitingSince: number | undefined;
  /** Milliseconds of the waits that are over. */
  #waited = 0;

  constructor(clock: Clock, limitMs: number, onSilence: (limitMs: number) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#cancel = clock.after(limitMs, () => this.#look());
  }

  /** Between two waits. What was waited so far is forgotten. */
  setLimit(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#waited = 0;
    this.#setTimer(limitMs);
  }

  waitBegins(): void {
    this.#waitingSince = this.#clock.monotonic();
  }

  waitEnds(): void {
    this.#waited = this.#waitedSoFar();
    this.#waitingSince = undefined;
  }

  /** Between two waits. */
  heard(): void {
    this.#waited = 0;
  }

  stop(): void {
    this.#cancel();
  }

  #waitedSoFar(): number {
    return (
      this.#waited + (this.#waitingSince === undefined ? 0 : this.#clock.monotonic() - this.#waitingSince)
    );
  }

  /** The timer never rings later than one limit after something was heard, so the limit is met to the millisecond. */
  #setTimer(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    const left = this.#limitMs - this.#waitedSoFar();
    // A rest that is too short for the clock would be waited for again and again.
    if (left > 0) this.#setTimer(Math.max(1, left));
    else this.#onSilence(this.#limitMs);
  }
}
