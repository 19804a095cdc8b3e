/** What is known about one key: whether Google accepts it, and when it may be used again for each model. */
import type { FailureClass } from '../gemini/failure-class.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { Backend } from '../upstream/backend.ts';
import { Breaker, type BreakerOptions, type BreakerState } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';
import type { KeyState, KeyTrouble, ModelState } from './keys.ts';
import { Quotas } from './quotas.ts';
import { type RateLimit, type RateLimits, RateWindow } from './rate-window.ts';
import { SentLately } from './sent-lately.ts';

/** Milliseconds after which a key is asked again for a model to which it had no access. */
export const DENIED_MS = 3_600_000;

/**
 * Milliseconds after which a key that is left out is tested with a request. Somebody may have mended the key's trouble,
 * and nobody tells us.
 */
export const RETEST_MS = 3_600_000;
/** Milliseconds. Nobody waits longer for a quota; instead the client is told, or another model answers. */
const LONG_MS = 300_000;

/** Google has about fifty models, but clients may ask for any name. */
const MAX_MODELS = 1_000;

/** This number of failures in a row opens the breaker of a model with a key. */
export const FAILURES_IN_ROW = 5;
/**
 * This number of failures in a row opens the breaker where the model already fails with another key. The model is then
 * likely to be at fault, and fewer requests need to find that out.
 */
export const FAILURES_WITH_COMPANY = 3;

/** The breaker that stands before each model with each key (harness section 7). Times are milliseconds. */
export const MODEL_BREAKER = {
  consecutive: FAILURES_IN_ROW,
  share: 0.5,
  atLeast: 10,
  windowMs: 30_000,
  open: { first: 5_000, most: 60_000 },
  probeMs: 30_000,
} as const satisfies Partial<BreakerOptions>;

/** What a key is needed for. */
export type Wanted = { model: string; tokens: number; asker: Asker };

/** What keeps a key from being asked. Where there are several such reasons, the one that ends last. */
export type Hindrance = { until: number } & (
  | { why: 'nothing' }
  | { why: 'quota'; isDay: boolean }
  | { why: 'rate'; limit: RateLimit }
  | { why: 'breaker' }
);

export type KeyRecordOptions = {
  backend: Backend;
  clock: Clock;
  rates: RateLimits;
  breaker(model: string): BreakerOptions;
};

export class KeyRecord {
  readonly backend: Backend;
  state: KeyState['state'] = 'in use';
  #why: KeyTrouble | undefined;
  #refusedAt = 0;
  #testedAt = 0;
  /** The class of each model's last failure; for the log. */
  readonly troubles = new RecentMap<string, FailureClass>(MAX_MODELS);
  readonly rate: RateWindow;
  readonly #sent: SentLately;
  readonly quotas: Quotas;
  /**
   * The quotas for token counts. Google counts these apart from the quotas for answers, so a refused count says nothing
   * about answers.
   */
  readonly countQuotas: Quotas;
  readonly #clock: Clock;
  readonly #options: KeyRecordOptions;
  readonly #denied = new RecentMap<string, number>(MAX_MODELS);
  readonly #breakers = new RecentMap<string, Breaker>(MAX_MODELS);

  constructor(options: KeyRecordOptions) {
    this.backend = options.backend;
    this.#sent = new SentLately(options.clock);
    this.rate = new RateWindow(options.rates, options.clock);
    this.quotas = new Quotas(options.clock, MAX_MODELS);
    this.countQuotas = new Quotas(options.clock, MAX_MODELS);
    this.#clock = options.clock;
    this.#options = options;
  }

  get fingerprint(): string {
    return this.backend.keyFingerprint;
  }

  breaker(model: string): Breaker {
    let breaker = this.#breakers.get(model);
    if (!breaker) {
      breaker = new Breaker(this.#options.breaker(model));
      this.#breakers.set(model, breaker);
    }
    return breaker;
  }

  /** The state of a model's breaker. For a model that was never asked it is `closed`. */
  breakerState(model: string): BreakerState {
    return this.#breakers.get(model)?.state ?? 'closed';
  }

  /** The time at which the breaker lets a request pass; a time in the past means now. */
  breakerFreeAt(model: string, asker?: Asker): number {
    return this.#breakers.get(model)?.freeAt(asker) ?? 0;
  }

  /** True where Google said, less than an hour ago, that the key has no access to the model. */
  isDenied(model: string): boolean {
    return (this.#denied.get(model) ?? 0) > this.#clock.monotonic();
  }

  hindrance({ model, tokens, asker }: Wanted): Hindrance {
    const now = this.#clock.monotonic();
    const quota = this.quotas.of(model);
    const quotaEnds = quota?.until ?? 0;
    const { at: roomAt, limit } = this.rate.roomFor(tokens);
    const breakerFree = this.breakerFreeAt(model, asker);
    if (quotaEnds > now && quotaEnds >= Math.max(roomAt, breakerFree))
      return { why: 'quota', until: quotaEnds, isDay: quota?.state === 'parked' };
    // Quota and rate come first: while they hold the key back, it does not matter that the model fails with that key.
    if (limit !== undefined && roomAt > now && roomAt >= breakerFree)
      return { why: 'rate', until: roomAt, limit };
    return breakerFree > now ? { why: 'breaker', until: breakerFree } : { why: 'nothing', until: now };
  }

  /** True where the quota of the model is used up for longer than any request waits. */
  isAway(model: string): boolean {
    const quota = this.quotas.of(model);
    const left = (quota?.until ?? 0) - this.#clock.monotonic();
    return left > (quota?.state === 'parked' ? 0 : LONG_MS);
  }
  /** True where the key may not be asked now: Google refuses it, Google takes other keys, and the next test of this key is not due. */
  get isLeftOut(): boolean {
    return this.state === 'out' && this.#clock.monotonic() < this.#testedAt;
  }

  /**
   * To be called when a request is sent with the key. If the key is left out, that request is its test, and the next
   * test is due an hour later.
   */
  sent(): void {
    this.#sent.note();
    this.#testedAt = this.#clock.monotonic() + RETEST_MS;
  }

  refuse(state: 'refused' | 'out', why: KeyTrouble | undefined): void {
    this.state = state;
    this.#why = why;
    this.#refusedAt = this.#clock.monotonic();
    this.#testedAt = this.#refusedAt + RETEST_MS;
  }

  keyState(): KeyState {
    const { state } = this;
    return {
      fingerprint: this.backend.keyFingerprint,
      state,
      ...(state === 'in use' ? {} : { why: this.#why }),
      ...(state === 'out' ? { testedAt: this.#testedAt } : {}),
      // Where there are limits, the other instances tell what they send.
      sentLately: Math.max(this.#sent.count, this.rate.count),
      models: this.modelStates(),
    };
  }

  /**
   * A request that was sent at `sentAt` was answered. Says what that takes back: Google's refusal of the key, which the pool then lifts, and
   * its denial of the model, which is lifted here. Example: a request goes out, then Google refuses the key, then the first request is
   * answered. That answer takes nothing back, because it is older than the refusal.
   */
  succeeded(model: string, sentAt: number): { key: boolean; model: boolean } {
    const deniedAt = this.deniedUntil(model) - DENIED_MS;
    const news = {
      key: this.state !== 'in use' && sentAt >= this.#refusedAt,
      model: this.isDenied(model) && sentAt >= deniedAt,
    };
    if (news.model) this.#denied.delete(model);
    this.quotas.succeeded(model, sentAt);
    return news;
  }

  /** Notes that the key has no access to the model. Returns true where that is new. */
  deny(model: string, until: number = this.#clock.monotonic() + DENIED_MS): boolean {
    const news = !this.isDenied(model);
    this.#denied.set(model, Math.min(until, this.#clock.monotonic() + DENIED_MS));
    return news;
  }

  deniedUntil(model: string): number {
    return this.#denied.get(model) ?? 0;
  }

  modelStates(): ModelState[] {
    const now = this.#clock.monotonic();
    const states: ModelState[] = [];
    for (const [model, { state, until }] of this.quotas.all())
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

  /** Forgets all refusals. To be called after a reload: the operator may have mended their causes. */
  forgive(): void {
    this.state = 'in use';
    this.#denied.clear();
    this.countQuotas.clear();
  }
}
