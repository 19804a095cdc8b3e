/** What is known of one key: whether Google takes it, and for each model when it may be asked again. */
import type { FailureClass } from '../gemini/failure-class.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import type { Backend } from '../upstream/backend.ts';
import { Breaker, type BreakerOptions, type BreakerState } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';
import type { KeyState, KeyTrouble, ModelState } from './keys.ts';
import { Quotas } from './quotas.ts';
import { Rate, type RateLimits } from './rate-window.ts';

/** Milliseconds until a model that the key had no access to is asked for again. */
export const DENIED_MS = 3_600_000;

/** Milliseconds until a key that is left out is tested with a request: what is wrong with it can be mended, and nobody tells us. */
export const RETEST_MS = 3_600_000;
/** Milliseconds. Nobody waits longer for a quota: the client is told, or another model answers. */
const LONG_MS = 300_000;

/** Google has some fifty; clients may ask for any name. */
const MAX_MODELS = 1_000;

/** What a key is wanted for. */
export type Wanted = { model: string; tokens: number; asker: Asker };

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
  #why: KeyTrouble | undefined;
  #refusedAt = 0;
  #testedAt = 0;
  /** What went wrong last, by model; for the log. */
  readonly troubles = new RecentMap<string, FailureClass>(MAX_MODELS);
  readonly rate: Rate;
  readonly quotas: Quotas;
  /** Of token counts, which Google grants apart: nothing that becomes of one says anything of answers. */
  readonly countQuotas: Quotas;
  /** The last probe by model that this instance was the one of all to make. */
  readonly claims = new RecentMap<string, string>(MAX_MODELS);
  readonly #clock: Clock;
  readonly #options: KeyRecordOptions;
  readonly #denied = new RecentMap<string, number>(MAX_MODELS);
  readonly #breakers = new RecentMap<string, Breaker>(MAX_MODELS);

  constructor(options: KeyRecordOptions) {
    this.backend = options.backend;
    this.rate = new Rate(options.rates, options.clock);
    this.quotas = new Quotas(options.clock, MAX_MODELS);
    this.countQuotas = new Quotas(options.clock, MAX_MODELS);
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
  breakerFreeAt(model: string, asker?: Asker): number {
    return this.#breakers.get(model)?.freeAt(asker) ?? 0;
  }

  /** Google said that the key has no access to the model; it may have changed its mind after a while. */
  isDenied(model: string): boolean {
    return (this.#denied.get(model) ?? 0) > this.#clock.monotonic();
  }

  hindrance({ model, tokens, asker }: Wanted): Hindrance {
    const found: Hindrance[] = [
      { why: 'quota', until: this.quotas.of(model)?.until ?? 0 },
      { why: 'rate', until: this.rate.freeAt(tokens) },
      // Last: the model is only waited for where nothing else would hold the key as long.
      { why: 'breaker', until: this.breakerFreeAt(model, asker) },
    ];
    const now = this.#clock.monotonic();
    return found.reduce<Hindrance>((last, one) => (one.until > last.until ? one : last), {
      why: 'nothing',
      until: now,
    });
  }

  /** Out of a quota of the model for longer than anybody waits. */
  isAway(model: string): boolean {
    const quota = this.quotas.of(model);
    const left = (quota?.until ?? 0) - this.#clock.monotonic();
    return left > (quota?.state === 'parked' ? 0 : LONG_MS);
  }

  /** Not to be asked: refused by Google, while others are not, and not due to be tested. */
  get isLeftOut(): boolean {
    return this.state === 'out' && this.#clock.monotonic() < this.#testedAt;
  }

  /** Where it is left out, the request that goes out with it now is its test; there is no other for a while. */
  sent(): void {
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
      models: this.modelStates(),
    };
  }

  /** Which refusals that takes back, the key's own being the pool's to take: an answer to what was sent before says nothing of now. */
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

  /** True where that is news. */
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

  /** A reload: the operator may have mended what was wrong. */
  forgive(): void {
    this.state = 'in use';
    this.#denied.clear();
    this.countQuotas.clear();
  }
}
