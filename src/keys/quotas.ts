/**
 * The quotas of one key: for each model, the time until which its quota is used up. Where Google names no time, each
 * further refusal makes the wait longer.
 */
import type { UpstreamError } from '../gemini/errors.ts';
import { type Backoff, backoffMs } from '../lib/backoff.ts';
import { type Clock, dateOf, momentOf } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { nextPacificMidnight } from './quota-day.ts';
import type { KeyVerdict } from './verdict.ts';

/** Milliseconds. The shortest wait: after "Retry in 0s" we would otherwise ask again and again without a pause. */
const MIN_WAIT = 1_000;
/** The wait after a quota error that names no time. */
const UNTOLD: Backoff = { first: 5_000, most: 60_000 };
/** Milliseconds. The longest wait, whatever Google or another instance says: a quota of the day is back at midnight. */
const LONGEST_MS = 2 * 86_400_000;

/** The quota of one model. */
export type Quota = {
  state: 'cooling' | 'parked';
  /** When the quota is back, by the monotonic clock. Never before `dayEnds`. */
  until: number;
  /** The number of quota errors in a row that named no time. */
  strikes: number;
  last: UpstreamError | undefined;
  /** The time, by the monotonic clock, at which Google said that the quota is used up. */
  at: number;
  /**
   * For a quota of the day: the end of the day, in milliseconds since the epoch. Google's day goes by the wall clock. So when our wall clock
   * is corrected, the end moves with it.
   */
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

  /** Notes a refusal. Returns the quota after the refusal, and whether the refusal said anything new. */
  cool(
    model: string,
    verdict: QuotaVerdict,
    last: UpstreamError | undefined,
  ): { quota: Quota; news: boolean } {
    const now = this.#clock.monotonic();
    const old = this.of(model);
    const cooling = old !== undefined && old.until > now;
    const strikes = old?.strikes ?? 0;
    // Requests that were under way together and are refused one after the other make one strike.
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

  /**
   * Applies what another instance told. `said` is the date until which the quota is used up, in milliseconds since the
   * epoch.
   */
  learn(model: string, state: Quota['state'], said: number, strikes: number): void {
    const old = this.of(model);
    const at = this.#clock.monotonic();
    const moment = Math.min(momentOf(this.#clock, said), at + LONGEST_MS);
    if ((old?.until ?? 0) >= moment) return;
    const isDay = state === 'parked';
    const [until, dayEnds] = isDay ? [0, dateOf(this.#clock, moment).getTime()] : [moment, undefined];
    this.#quotas.set(model, { state, until, strikes, last: old?.last, at, dayEnds });
  }

  /**
   * To be called when a request was answered. The quota is back if that request was sent after Google had said that the
   * quota was used up.
   */
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
        return cooling ? 0 : now + backoffMs(UNTOLD, strikes);
    }
  }
}
