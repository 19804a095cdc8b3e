/** The quotas of one key, by model: until when each is used up. Where Google does not say until when, we wait longer each time. */
import type { UpstreamError } from '../gemini/errors.ts';
import { type Backoff, backoffMs } from '../lib/backoff.ts';
import { type Clock, dateOf, momentOf } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { nextPacificMidnight } from './quota-day.ts';
import type { KeyVerdict } from './verdict.ts';

/** Milliseconds. "Retry in 0s" must not become a loop. */
const MIN_WAIT = 1_000;
/** For a quota error that tells no time. */
const UNTOLD: Backoff = { first: 5_000, most: 60_000 };
/** Milliseconds. No wait is believed beyond this, whoever asks for it: the quota of the day ends at midnight. */
const LONGEST_MS = 2 * 86_400_000;

/** Of one model. */
export type Quota = {
  state: 'cooling' | 'parked';
  /** By the monotonic clock. Not before `dayEnds`. */
  until: number;
  /** How many quota errors in a row gave no time. */
  strikes: number;
  last: UpstreamError | undefined;
  /** When it was said, by the monotonic clock. */
  at: number;
  /** Of a quota of the day, in milliseconds since the epoch: Google's day goes by the wall's clock, and when that is corrected, so is the end. */
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

  /** The quota after what Google said, and whether that is new. */
  cool(
    model: string,
    verdict: QuotaVerdict,
    last: UpstreamError | undefined,
  ): { quota: Quota; news: boolean } {
    const now = this.#clock.monotonic();
    const old = this.of(model);
    const cooling = old !== undefined && old.until > now;
    const strikes = old?.strikes ?? 0;
    // Several requests that were under way together make one strike.
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

  /** What another instance told; `said` is in milliseconds since the epoch. */
  learn(model: string, state: Quota['state'], said: number, strikes: number): void {
    const old = this.of(model);
    const at = this.#clock.monotonic();
    const moment = Math.min(momentOf(this.#clock, said), at + LONGEST_MS);
    if ((old?.until ?? 0) >= moment) return;
    const isDay = state === 'parked';
    const [until, dayEnds] = isDay ? [0, dateOf(this.#clock, moment).getTime()] : [moment, undefined];
    this.#quotas.set(model, { state, until, strikes, last: old?.last, at, dayEnds });
  }

  /** The quota is back if the request was sent after Google had said that it was used up. */
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
