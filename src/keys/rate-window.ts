/** Requests and tokens of the last minute, and when there is room for more: `KEY_RPM`, `KEY_TPM`. */
import type { Clock } from '../lib/ports.ts';

const MINUTE_MS = 60_000;

/** Per minute; undefined for no limit. */
export type RateLimits = { requests: number | undefined; tokens: number | undefined };

type Sent = { at: number; tokens: number };

export class Rate {
  #limits: RateLimits;
  readonly #clock: Clock;
  #sent: Sent[] = [];

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Other limits from now on; what was sent counts for them too. */
  limit(limits: RateLimits): void {
    this.#limits = limits;
  }

  /** When a request of so many tokens may go out: not in the future for now. One larger than the limit goes alone. */
  freeAt(tokens: number): number {
    const { requests = Infinity, tokens: limit = Infinity } = this.#limits;
    const sent = this.#recent();
    let count = sent.length;
    let sum = sent.reduce((total, one) => total + one.tokens, 0);
    let free = 0;
    for (const one of sent) {
      if (count < requests && (count === 0 || sum + tokens <= limit)) break;
      free = one.at + MINUTE_MS;
      count--;
      sum -= one.tokens;
    }
    return free;
  }

  note(tokens: number, at: number = this.#clock.monotonic()): void {
    // Here as well: who sends nothing itself hears of what others send.
    this.#recent().push({ at, tokens });
    // What other instances sent comes late.
    this.#sent.sort((a, b) => a.at - b.at);
  }

  #recent(): Sent[] {
    const now = this.#clock.monotonic();
    if (this.#sent.some(({ at }) => now - at >= MINUTE_MS))
      this.#sent = this.#sent.filter(({ at }) => now - at < MINUTE_MS);
    return this.#sent;
  }
}
