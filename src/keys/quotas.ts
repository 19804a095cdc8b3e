/** The quotas of one key, by model: until when each is used up, by what Google said, or for longer each time where Google said nothing. */
import type { UpstreamError } from '../gemini/errors.ts';
import { type Clock, dateOf, momentOf } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { nextPacificMidnight } from './quota-day.ts';
import type { KeyVerdict } from './verdict.ts';

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
  /** By the monotonic clock; what `dayEnds` says has been put in. */
  until: number;
  /** Quota errors in a row that told no time. */
  strikes: number;
  last: UpstreamError | undefined;
  /** When it was said, by the monotonic clock. */
  at: number;
  /** Milliseconds since the epoch. Of the wall's clock, which Google's day goes by: where that is set right, the end is. */
  dayEnds: number | undefined;
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
    const quota = this.#quotas.get(model);
    return quota && this.#asOfNow(quota);
  }

  *all(): Iterable<[model: string, Quota]> {
    for (const [model, quota] of this.#quotas) yield [model, this.#asOfNow(quota)];
  }

  /** The quota after what Google said, and whether that is news. */
  cool(
    model: string,
    verdict: QuotaVerdict,
    last: UpstreamError | undefined,
  ): { quota: Quota; news: boolean } {
    const now = this.#clock.monotonic();
    const old = this.of(model);
    const cooling = old !== undefined && old.until > now;
    const strikes = old?.strikes ?? 0;
    // Of requests that were under way together, one strike.
    const struck = verdict.kind === 'backoff' && !cooling;
    const kept = this.#quotas.get(model)?.until ?? 0;
    const until = Math.max(kept, this.#until(verdict, now, strikes, cooling));
    const stays = cooling && old.state === 'parked';
    const state = verdict.kind === 'day' || stays ? 'parked' : 'cooling';
    const today = verdict.kind === 'day' ? nextPacificMidnight(this.#clock.wall()).getTime() : undefined;
    const dayEnds = today ?? (stays ? old.dayEnds : undefined);
    this.#quotas.set(model, { state, until, strikes: strikes + (struck ? 1 : 0), last, at: now, dayEnds });
    const quota = this.of(model);
    if (!quota) throw new Error('a map that keeps nothing');
    return { quota, news: !cooling || old.state !== state };
  }

  /** What another instance was told; `said` in milliseconds since the epoch. */
  learn(model: string, state: Quota['state'], said: number, strikes: number): void {
    const old = this.of(model);
    const at = this.#clock.monotonic();
    const moment = Math.min(momentOf(this.#clock, said), at + LONGEST_MS);
    if ((old?.until ?? 0) >= moment) return;
    const isDay = state === 'parked';
    const [until, dayEnds] = isDay ? [0, dateOf(this.#clock, moment).getTime()] : [moment, undefined];
    this.#quotas.set(model, { state, until, strikes, last: old?.last, at, dayEnds });
  }

  /** What was sent after the quota was said to be used up, and succeeded, says that it is back. */
  succeeded(model: string, sentAt: number): void {
    const quota = this.of(model);
    if (quota && (quota.until <= this.#clock.monotonic() || quota.at < sentAt)) this.#quotas.delete(model);
  }

  clear(): void {
    this.#quotas.clear();
  }

  #asOfNow(quota: Quota): Quota {
    const { dayEnds, until } = quota;
    return dayEnds === undefined
      ? quota
      : { ...quota, until: Math.max(until, momentOf(this.#clock, dayEnds)) };
  }

  #until(verdict: QuotaVerdict, now: number, strikes: number, cooling: boolean): number {
    switch (verdict.kind) {
      case 'day':
        return 0;
      case 'wait':
        return now + Math.max(MIN_WAIT, verdict.ms);
      default:
        return cooling ? 0 : now + Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** strikes);
    }
  }
}
