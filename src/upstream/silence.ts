/** A limit on how long upstream may say nothing while we wait for it. */
import type { Clock } from '../lib/ports.ts';

/**
 * Calls `onSilence` once the waits since something was heard last `limitMs` together. Only waits count: a slow reader on our
 * side is not upstream's silence. A wait costs two looks at the clock; a single timer serves a whole stream, set anew only
 * when it runs out.
 */
export class SilenceLimit {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  readonly #stopped = new AbortController();
  #waitingSince: number | undefined;
  /** Milliseconds of waits that are over. */
  #waited = 0;

  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#tick(limitMs);
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
    this.#stopped.abort();
  }

  #waitedSoFar(): number {
    return (
      this.#waited + (this.#waitingSince === undefined ? 0 : this.#clock.monotonic() - this.#waitingSince)
    );
  }

  /** A tick never comes later than one limit after something was heard, so the limit is met to the millisecond. */
  #tick(ms: number): void {
    this.#clock.sleep(ms, this.#stopped.signal).then(
      () => this.#look(),
      () => {}, // stopped
    );
  }

  #look(): void {
    const left = this.#limitMs - this.#waitedSoFar();
    // A wait too short for the clock to tell would be waited for again and again.
    if (left > 0) this.#tick(Math.max(1, left));
    else this.#onSilence();
  }
}
