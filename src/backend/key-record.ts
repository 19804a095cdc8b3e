/** What is known of one key: whether Google takes it, and for each model when it may be asked again. */
import type { UpstreamError } from '../gemini/errors.ts';
import type { FailureClass } from '../gemini/failure.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { Backend } from './backend.ts';
import { Breaker, type BreakerOptions, type BreakerState } from './breaker.ts';
import type { KeyVerdict } from './key-verdict.ts';
import type { KeyState, ModelState } from './keys.ts';
import { nextPacificMidnight } from './pacific.ts';
import { Rate, type RateLimits } from './rate.ts';

/** Milliseconds. "Retry in 0s" must not become a loop. */
const MIN_WAIT = 1_000;
/** Milliseconds, for a quota error that tells no time. */
const FIRST_BACKOFF = 5_000;
const MAX_BACKOFF = 60_000;
/** Milliseconds. Nothing that is told of a key holds for longer, whoever says so: the day's quota ends at midnight. */
const LONGEST_MS = 2 * 86_400_000;
/** Milliseconds until a model that the key had no access to is asked for again. */
const DENIED_MS = 3_600_000;

/** Google has some fifty; clients may ask for any name. */
const MAX_MODELS = 1_000;

/** Of one key for one model. Milliseconds since the epoch. */
export type Quota = {
  state: 'cooling' | 'parked';
  until: number;
  /** Quota errors in a row that told no time. */
  strikes: number;
  last: UpstreamError | undefined;
};

/** What keeps a key from being asked: the last to end of all that do. */
export type Hindrance = { until: number; why: 'nothing' | 'quota' | 'breaker' | 'rate' };

export type KeyRecordOptions = {
  backend: Backend;
  clock: Clock;
  rates: RateLimits;
  breaker(model: string): BreakerOptions;
};

export class KeyRecord {
  readonly backend: Backend;
  state: KeyState['state'] = 'in use';
  #refusedAt = 0;
  /** What went wrong last, by model; for the log. */
  readonly troubles = new RecentMap<string, FailureClass>(MAX_MODELS);
  readonly rate: Rate;
  /** The last probe by model that this instance was the one of all to make. */
  readonly claims = new RecentMap<string, string>(MAX_MODELS);
  readonly #clock: Clock;
  readonly #options: KeyRecordOptions;
  readonly #quotas = new RecentMap<string, Quota>(MAX_MODELS);
  readonly #denied = new RecentMap<string, number>(MAX_MODELS);
  readonly #breakers = new RecentMap<string, Breaker>(MAX_MODELS);

  constructor(options: KeyRecordOptions) {
    this.backend = options.backend;
    this.rate = new Rate(options.rates, options.clock);
    this.#clock = options.clock;
    this.#options = options;
  }

  breaker(model: string): Breaker {
    let breaker = this.#breakers.get(model);
    if (!breaker) {
      breaker = new Breaker(this.#options.breaker(model));
      this.#breakers.set(model, breaker);
    }
    return breaker;
  }

  /** A model that was never asked for is well. */
  breakerState(model: string): BreakerState {
    return this.#breakers.get(model)?.state ?? 'closed';
  }

  /** When the breaker lets something pass. */
  breakerFreeAt(model: string): number {
    return this.#breakers.get(model)?.freeAt() ?? 0;
  }

  /** Google said that the key has no access to the model; it may have changed its mind after a while. */
  isDenied(model: string): boolean {
    return (this.#denied.get(model) ?? 0) > this.#clock.now();
  }

  quota(model: string): Quota | undefined {
    return this.#quotas.get(model);
  }

  hindrance(model: string, tokens: number): Hindrance {
    const found: Hindrance[] = [
      { why: 'quota', until: this.#quotas.get(model)?.until ?? 0 },
      { why: 'rate', until: this.rate.freeAt(tokens) },
      // Last: the model is only waited for where nothing else would hold the key as long.
      { why: 'breaker', until: this.breakerFreeAt(model) },
    ];
    const now = this.#clock.now();
    return found.reduce<Hindrance>((last, one) => (one.until > last.until ? one : last), {
      why: 'nothing',
      until: now,
    });
  }

  refuse(state: 'refused' | 'out'): void {
    this.state = state;
    this.#refusedAt = this.#clock.now();
  }

  /** Which refusals that takes back, the key's own being the pool's to take: an answer to what was sent before says nothing of now. */
  succeeded(model: string, sentAt: number): { key: boolean; model: boolean } {
    const deniedAt = this.deniedUntil(model) - DENIED_MS;
    const news = {
      key: this.state === 'refused' && sentAt >= this.#refusedAt,
      model: this.isDenied(model) && sentAt >= deniedAt,
    };
    if (news.model) this.#denied.delete(model);
    if ((this.#quotas.get(model)?.until ?? Infinity) <= this.#clock.now()) this.#quotas.delete(model);
    return news;
  }

  /** True where that is news. */
  deny(model: string, until: number = this.#clock.now() + DENIED_MS): boolean {
    const news = !this.isDenied(model);
    this.#denied.set(model, Math.min(until, this.#clock.now() + DENIED_MS));
    return news;
  }

  deniedUntil(model: string): number {
    return this.#denied.get(model) ?? 0;
  }

  /** The quota after what Google said, and whether the key was not cooling before. */
  cool(
    model: string,
    verdict: Extract<KeyVerdict, { kind: 'wait' | 'backoff' | 'day' }>,
    last: UpstreamError,
  ): { quota: Quota; news: boolean } {
    const now = this.#clock.now();
    const old = this.#quotas.get(model);
    const cooling = old !== undefined && old.until > now;
    const strikes = old?.strikes ?? 0;
    // Of requests that were under way together, one strike.
    const struck = verdict.kind === 'backoff' && !cooling;
    const until = Math.max(old?.until ?? 0, this.#until(verdict, now, strikes, cooling));
    const state = verdict.kind === 'day' || (cooling && old.state === 'parked') ? 'parked' : 'cooling';
    const quota: Quota = { state, until, strikes: strikes + (struck ? 1 : 0), last };
    this.#quotas.set(model, quota);
    return { quota, news: !cooling || old.state !== state };
  }

  /** What another instance was told. */
  learnQuota(model: string, state: Quota['state'], said: number, strikes: number): void {
    const old = this.#quotas.get(model);
    const until = Math.min(said, this.#clock.now() + LONGEST_MS);
    if ((old?.until ?? 0) < until) this.#quotas.set(model, { state, until, strikes, last: old?.last });
  }

  modelStates(): ModelState[] {
    const now = this.#clock.now();
    const states: ModelState[] = [];
    for (const [model, { state, until }] of this.#quotas)
      if (until > now) states.push({ model, state, until });
    for (const [model, until] of this.#denied)
      if (until > now) states.push({ model, state: 'denied', until });
    for (const [model, { state, until }] of this.#breakers)
      if (state !== 'closed') states.push({ model, state, until });
    return states;
  }

  /** Models whose breaker is not closed. */
  troubled(): string[] {
    return [...this.#breakers.keys()].filter((model) => this.breakerState(model) !== 'closed');
  }

  /** A reload: the operator may have mended what was wrong. */
  forgive(): void {
    this.state = 'in use';
    this.#denied.clear();
  }

  #until(verdict: KeyVerdict, now: number, strikes: number, cooling: boolean): number {
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
