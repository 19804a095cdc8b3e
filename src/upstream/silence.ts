/** A limit on how long upstream may be silent while we wait for it. */
import type { Clock } from '../lib/ports.ts';

/**
 * Calls `onSilence` when the waits since the last sign of upstream are as long as the limit together. Only waits count:
 * a slow reader on our side is not upstream's silence. A wait costs two looks at the clock. A single timer serves a
 * whole stream; it is set again only when it runs out, or when the limit changes.
 */
export class SilenceLimit {
  readonly #clock: Clock;
  readonly #onSilence: (limitMs: number) => void;
  #limitMs: number;
  #cancel: () => void;
  #waitingSince: number | undefined;
  /** The sum of the waits that are over, in milliseconds. */
  #waited = 0;

  constructor(clock: Clock, limitMs: number, onSilence: (limitMs: number) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#cancel = clock.after(limitMs, () => this.#look());
  }

  /** Changes the limit. To be called between two waits. The waits until now no longer count. */
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

  /** To be called between two waits, when something came from upstream. Returns the milliseconds that were waited for it. */
  heard(): number {
    const waited = this.#waited;
    this.#waited = 0;
    return waited;
  }

  /** Returns the milliseconds that upstream has been silent for. May be called repeatedly; the second time nothing was waited for. */
  stop(): number {
    this.#cancel();
    const waited = this.#waitedSoFar();
    this.#waitingSince = undefined;
    this.#waited = 0;
    return waited;
  }

  #waitedSoFar(): number {
    return (
      this.#waited + (this.#waitingSince === undefined ? 0 : this.#clock.monotonic() - this.#waitingSince)
    );
  }

  /**
   * Sets the timer. It never runs later than one limit after the last sign of upstream, so the limit is kept to the
   * millisecond.
   */
  #setTimer(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    const left = this.#limitMs - this.#waitedSoFar();
    // If the rest were shorter than the clock's steps, it would be waited for again and again.
    if (left > 0) this.#setTimer(Math.max(1, left));
    else this.#onSilence(this.#limitMs);
  }
}
