/** Counts the requests and tokens of the last minute, and says when there is room for more: `KEY_RPM`, `KEY_TPM`. */
import type { Clock } from '../lib/ports.ts';

const MINUTE_MS = 60_000;

/** Requests and tokens per minute; undefined for no limit. */
export type RateLimits = { requests: number | undefined; tokens: number | undefined };

export const hasRates = ({ requests, tokens }: RateLimits): boolean =>
  requests !== undefined || tokens !== undefined;

/** The setting that makes a request wait: its name and its value. */
export type RateLimit = `KEY_RPM ${number}` | `KEY_TPM ${number}`;

/** `limit` is the setting for which a request waits until `at`; undefined where the request need not wait. */
export type Room = { at: number; limit: RateLimit | undefined };

const ROOM_NOW: Room = { at: 0, limit: undefined };

type Sent = { at: number; tokens: number };

export class RateWindow {
  #limits: RateLimits;
  readonly #clock: Clock;
  /** What was sent within the last minute, oldest first. */
  readonly #sent: Sent[] = [];
  /** The tokens of everything in `#sent` together. */
  #tokens = 0;

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Uses other limits from now on. What was sent before counts for the new limits, too. */
  limit(limits: RateLimits): void {
    this.#limits = limits;
  }

  /** The requests of the last minute, as far as they were noted. */
  get count(): number {
    this.#forgetOld();
    return this.#sent.length;
  }

  /**
   * The time at which a request of this many tokens may go out; a time in the past means now. A request larger than the
   * limit goes out when nothing else was sent within the minute.
   */
  roomFor(tokens: number): Room {
    const { requests = Infinity, tokens: most = Infinity } = this.#limits;
    if (requests === Infinity && most === Infinity) return ROOM_NOW;
    this.#forgetOld();
    let count = this.#sent.length;
    let sum = this.#tokens;
    let room = ROOM_NOW;
    for (const one of this.#sent) {
      const isFull = count >= requests;
      if (!isFull && sum + tokens <= most) break;
      room = { at: one.at + MINUTE_MS, limit: isFull ? `KEY_RPM ${requests}` : `KEY_TPM ${most}` };
      count--;
      sum -= one.tokens;
    }
    return room;
  }

  note(tokens: number, at: number = this.#clock.monotonic()): void {
    // Old entries are dropped here as well: an instance that sends nothing never asks for room, but still hears what
    // others send.
    this.#forgetOld();
    const last = this.#sent.at(-1);
    this.#sent.push({ at, tokens });
    this.#tokens += tokens;
    // Notices of other instances come late, so they are sorted by time.
    if (last && last.at > at) this.#sent.sort((a, b) => a.at - b.at);
  }

  #forgetOld(): void {
    const now = this.#clock.monotonic();
    const first = this.#sent.findIndex(({ at }) => now - at < MINUTE_MS);
    if (first === 0) return;
    const old = this.#sent.splice(0, first < 0 ? this.#sent.length : first);
    for (const { tokens } of old) this.#tokens -= tokens;
  }
}
