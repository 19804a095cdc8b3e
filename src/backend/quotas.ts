/** The quotas of one key, by model: until when each is used up, by what Google said, or for longer each time where Google said nothing. */
import type { UpstreamError } from '../gemini/errors.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { KeyVerdict } from './key-verdict.ts';
import { nextPacificMidnight } from './pacific.ts';

/** Milliseconds. "Retry in 0s" must not become a loop. */
const MIN_WAIT = 1_000;
/** Milliseconds, for a quota error that tells no time. */
const FIRST_BACKOFF = 5_000;
const MAX_BACKOFF = 60_000;
/** Milliseconds. Nothing that is told of a key holds for longer, whoever says so: the day's quota ends at midnight. */
const LONGEST_MS = 2 * 86_400_000;

/** Of one model. */
export type Quota = {
  state: 'cooling' | 'parked';
  /** Milliseconds since the epoch. */
  until: number;
  /** Quota errors in a row that told no time. */
  strikes: number;
  last: UpstreamError | undefined;
  /** When it was said; milliseconds since the epoch. */
  at: number;
};

export type QuotaVerdict = Extract<KeyVerdict, { kind: 'wait' | 'backoff' | 'day' }>;

export class Quotas {
  readonly #clock: Clock;
  readonly #quotas: RecentMap<string, Quota>;

  constructor(clock: Clock, maxModels: number) {
    this.#clock = clock;
    this.#quotas = new RecentMap(maxModels);
  }

  of(model: string): Quota | undefined {
    return this.#quotas.get(model);
  }

  all(): Iterable<[model: string, Quota]> {
    return this.#quotas;
  }

  /** The quota after what Google said, and whether that is news. */
  cool(
    model: string,
    verdict: QuotaVerdict,
    last: UpstreamError | undefined,
  ): { quota: Quota; news: boolean } {
    const now = this.#clock.now();
    const old = this.#quotas.get(model);
    const cooling = old !== undefined && old.until > now;
    const strikes = old?.strikes ?? 0;
    // Of requests that were under way together, one strike.
    const struck = verdict.kind === 'backoff' && !cooling;
    const until = Math.max(old?.until ?? 0, this.#until(verdict, now, strikes, cooling));
    const state = verdict.kind === 'day' || (cooling && old.state === 'parked') ? 'parked' : 'cooling';
    const quota: Quota = { state, until, strikes: strikes + (struck ? 1 : 0), last, at: now };
    this.#quotas.set(model, quota);
    return { quota, news: !cooling || old.state !== state };
  }

  /** What another instance was told. */
  learn(model: string, state: Quota['state'], said: number, strikes: number): void {
    const old = this.#quotas.get(model);
    const at = this.#clock.now();
    const until = Math.min(said, at + LONGEST_MS);
    if ((old?.until ?? 0) < until) this.#quotas.set(model, { state, until, strikes, last: old?.last, at });
  }

  /** What was sent after the quota was said to be used up, and succeeded, says that it is back. */
  succeeded(model: string, sentAt: number): void {
    const quota = this.#quotas.get(model);
    if (quota && (quota.until <= this.#clock.now() || quota.at < sentAt)) this.#quotas.delete(model);
  }

  clear(): void {
    this.#quotas.clear();
  }

  #until(verdict: QuotaVerdict, now: number, strikes: number, cooling: boolean): number {
    switch (verdict.kind) {
      case 'day':
        return nextPacificMidnight(now);
      case 'wait':
        return now + Math.max(MIN_WAIT, verdict.ms);
      default:
        return cooling ? 0 : now + Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** strikes);
    }
  }
}
