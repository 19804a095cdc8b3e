/** A limit on how long upstream may stay silent while we wait for it. */
import type { Clock } from '../lib/ports.ts';

/**
 * Calls `onSilence` once a wait lasts `limitMs`. Only waits count: a slow reader on our side is not upstream's
 * silence. A wait costs one look at the clock; a single timer serves a whole stream, set anew only when it runs out.
 */
export class SilenceLimit {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  readonly #stopped = new AbortController();
  #waitingSince: number | undefined;

  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#tick(limitMs);
  }

  waitBegins(): void {
    this.#waitingSince = this.#clock.now();
  }

  waitEnds(): void {
    this.#waitingSince = undefined;
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** A tick never comes later than one limit after a wait began, so the limit is met to the millisecond. */
  #tick(ms: number): void {
    this.#clock.sleep(ms, this.#stopped.signal).then(
      () => this.#look(),
      () => {}, // stopped
    );
  }

  #look(): void {
    const waited = this.#waitingSince === undefined ? 0 : this.#clock.now() - this.#waitingSince;
    if (waited >= this.#limitMs) this.#onSilence();
    // A wait too short for the clock to tell would be waited for again and again.
    else this.#tick(Math.max(1, this.#limitMs - waited));
  }
}
