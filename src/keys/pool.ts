/**
 * Several keys as one: each session has its key, and a key that Google turns down, or that fails, is left alone for a while,
 * by model. State is data under one clock. Why: docs/decisions/0020-key-pool.md and 0022-breakers-and-budget.md
 */

import { aloneState, type SharedState } from '../cluster/shared.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { Clock, Random } from '../lib/ports.ts';
import type { Backend } from '../upstream/backend.ts';
import { Homes } from './affinity.ts';
import { type Breaker, type BreakerOptions, type BreakerState, bestState } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';
import { type Choice, choiceOf, soonest, type Wish } from './choice.ts';
import { CountRoutes } from './count-route.ts';
import { hear } from './hearing.ts';
import type { CountRoute, KeyRoute, KeyState, Keys, KeyTrouble } from './keys.ts';
import { FAILURES_WITH_COMPANY, MODEL_BREAKER } from './model-breaker.ts';
import { breakerLine, PoolNews, refusalLine } from './news.ts';
import { exhausted } from './no-key-error.ts';
import type { RateLimits } from './rate-window.ts';
import { KeyRecord, type Wanted } from './record.ts';
import { PoolRoute, type RoutedPool } from './route.ts';
import { KeyTurns } from './turns.ts';
import { type KeyVerdict, keyVerdict } from './verdict.ts';
import { Waiters } from './waiters.ts';

type Backends = readonly [Backend, ...Backend[]];

export type PoolOptions = {
  backends: Backends;
  clock: Clock;
  random: Random;
  rates?: RateLimits;
  shared?: SharedState;
  /** A key is left out or parked, a breaker opens or closes: one line without the key. */
  onChange?(message: string): void;
};

export class KeyPool implements Keys, RoutedPool {
  readonly kind: Backend['kind'];
  readonly clock: Clock;
  readonly shared: SharedState;
  readonly waiters: Waiters;
  readonly #options: PoolOptions;
  #rates: RateLimits;
  #backends: Backends;
  #records: readonly KeyRecord[];
  readonly #turns = new KeyTurns();
  readonly #homes = new Homes<string>();
  readonly #news: PoolNews;
  readonly #counts: CountRoutes;

  constructor(options: PoolOptions) {
    const { backends, clock, random, shared } = options;
    this.kind = backends[0].kind;
    this.clock = clock;
    this.shared = shared ?? aloneState(clock.wall());
    this.waiters = new Waiters(clock, random);
    this.#news = new PoolNews(this.shared, clock);
    this.#counts = new CountRoutes(clock, this.#news);
    this.#options = options;
    this.#rates = options.rates ?? { requests: undefined, tokens: undefined };
    this.#backends = backends;
    this.#records = backends.map((backend) => this.#record(backend));
    this.shared.listen((fact) =>
      hear(fact, {
        clock,
        homes: this.#homes,
        record: (fingerprint) => this.#named(fingerprint),
        refuse: (record, why) => this.#refuse(record, why),
        restore: (record) => this.#restore(record),
      }),
    );
  }

  get backends(): Backends {
    return this.#backends;
  }

  /** Other keys from now on. One that stays keeps what is known of it, but for what the operator may have mended. */
  replace(backends: Backends, rates: RateLimits = this.#rates): void {
    this.#rates = rates;
    this.#records = backends.map((backend) => {
      const known = this.#named(backend.keyFingerprint);
      known?.forgive();
      known?.rate.limit(rates);
      return known ?? this.#record(backend);
    });
    const [first, ...others] = this.#records.map((record) => record.backend);
    if (first) this.#backends = [first, ...others];
    for (const { backend } of this.#records) this.#news.key(backend, 'in use');
    this.waiters.wake();
  }

  route(model: string, session: string | undefined, asker: Asker = ''): KeyRoute {
    return new PoolRoute(this, { model, session, asker });
  }

  countRoute(model: string, session: string | undefined, preferred?: Backend): CountRoute {
    const home = session === undefined ? undefined : this.#homes.of(model, session);
    return this.#counts.route(model, this.#records, preferred?.keyFingerprint ?? home);
  }

  usable(model: string, asker: Asker = ''): boolean {
    const allowed = this.#allowed(model).filter((record) => !record.isAway(model));
    const now = this.clock.monotonic();
    if (!allowed.some((record) => record.breakerFreeAt(model, asker) <= now)) return false;
    // Else a key that is short of quota would hold requests to a model that fails with all the others.
    return (
      soonest(allowed.map((record) => choiceOf(record, { model, tokens: 0, asker }))).hindrance.why !==
      'breaker'
    );
  }

  /** `current` goes before the session's key, and that before the next in turn. Where none is free: the first that will be. */
  choose(wish: Wish, current?: Backend): Choice {
    const { model, session, givenUp } = wish;
    const now = this.clock.monotonic();
    const found = this.#candidates(model).map((record) => choiceOf(record, wish));
    const open = found.filter(({ hindrance }) => hindrance.why === 'nothing').map(({ record }) => record);
    if (open.length === 0) return soonest(found);
    const fresh = open.filter((record) => !givenUp?.has(record.backend));
    const free = fresh.length > 0 ? fresh : open;
    const home = session === undefined ? undefined : this.#homes.of(model, session);
    const record =
      free.find(({ backend }) => backend === current) ??
      free.find(({ backend }) => backend.keyFingerprint === home) ??
      this.#turns.next(this.#records, free, model);
    if (session !== undefined) this.#settle(model, session, record.backend.keyFingerprint);
    return { record, hindrance: { why: 'nothing', until: now } };
  }

  note(backend: Backend, model: string, error: unknown): void {
    const record = this.#recordOf(backend);
    if (!record) return;
    if (error !== undefined) {
      this.failed(record, model, error);
      return;
    }
    this.#news.key(backend, 'in use');
    this.#restore(record);
    this.succeeded(record, model, this.clock.monotonic());
  }

  succeeded(record: KeyRecord, model: string, sentAt: number): void {
    const news = record.succeeded(model, sentAt);
    if (news.key) {
      this.#restore(record);
      this.#news.key(record.backend, 'in use');
    }
    if (news.model) {
      this.#tell(record, `has access to ${model} again`);
      this.#news.quota(record.backend, model, 'denied', 0, 0);
    }
  }

  failed(record: KeyRecord, model: string, error: unknown): KeyVerdict {
    const verdict = keyVerdict(error);
    if (!(error instanceof UpstreamError)) return verdict;
    switch (verdict.kind) {
      case 'invalid':
        this.#refuse(record, verdict.why);
        this.#news.key(record.backend, record.state, verdict.why);
        break;
      case 'denied':
        if (record.deny(model)) this.#tell(record, `has no access to ${model}`);
        this.#news.quota(record.backend, model, 'denied', record.deniedUntil(model), 0);
        break;
      case 'day':
      case 'wait':
      case 'backoff': {
        const { quota, news } = record.quotas.cool(model, verdict, error);
        if (news && quota.state === 'parked')
          this.#tell(record, `the day's quota for ${model} is used up; parked until midnight Pacific`);
        this.#news.quota(record.backend, model, quota.state, quota.until, quota.strikes);
        break;
      }
      default:
        break;
    }
    return verdict;
  }

  other(wish: Wish, than: KeyRecord): KeyRecord | undefined {
    const free = this.#allowed(wish.model).filter(
      (record) =>
        record !== than &&
        !wish.givenUp?.has(record.backend) &&
        choiceOf(record, wish).hindrance.why === 'nothing',
    );
    return free.length > 0 ? this.#turns.next(this.#records, free, wish.model) : undefined;
  }

  exhausted(wanted: Wanted): UpstreamError {
    const candidates = this.#candidates(wanted.model);
    const { record } = soonest(candidates.map((candidate) => choiceOf(candidate, wanted)));
    return exhausted(wanted, candidates, record, this.clock);
  }

  sent(record: KeyRecord, tokens: number): void {
    record.sent();
    if (this.#rates.requests === undefined && this.#rates.tokens === undefined) return;
    const at = this.clock.monotonic();
    record.rate.note(tokens, at);
    this.#news.sent(record.backend, at, tokens);
  }

  get countsTokens(): boolean {
    return this.#rates.tokens !== undefined;
  }

  states(): KeyState[] {
    return this.#records.map((record) => record.keyState());
  }

  modelStates(): ReadonlyMap<string, BreakerState> {
    const records = this.#records.filter(({ state }) => state !== 'out');
    const best = new Map<string, BreakerState>();
    for (const model of records.flatMap((record) => record.troubled())) {
      const able = records.filter((record) => !record.isDenied(model));
      if (able.length > 0) best.set(model, bestState(able.map((record) => record.breakerState(model))));
    }
    return best;
  }

  #record(backend: Backend): KeyRecord {
    const { clock } = this;
    const breaker = (model: string): BreakerOptions => ({
      ...MODEL_BREAKER,
      clock,
      suspect: {
        consecutive: FAILURES_WITH_COMPANY,
        when: () => this.#failsElsewhere(backend, model),
      },
      onChange: (state, breaker, source) => {
        this.#breakerChanged(backend, model, state, breaker);
        if (source === 'seen' && state !== 'half-open') this.#news.breaker(backend, model, breaker);
      },
    });
    return new KeyRecord({ backend, clock, rates: this.#rates, breaker });
  }

  #failsElsewhere(backend: Backend, model: string): boolean {
    return this.#records.some(
      (record) =>
        record.backend !== backend && record.state !== 'out' && record.breakerState(model) === 'open',
    );
  }

  #allowed(model: string): readonly KeyRecord[] {
    return this.#records.filter((record) => !record.isLeftOut && !record.isDenied(model));
  }

  /** Never none: the last key's own error tells more than we could. */
  #candidates(model: string): readonly KeyRecord[] {
    const allowed = this.#allowed(model);
    return allowed.length > 0 ? allowed : this.#records.filter(({ isLeftOut }) => !isLeftOut);
  }

  #settle(model: string, session: string, key: string): void {
    if (this.#homes.settle(model, session, key)) this.#news.home(model, session, key);
  }

  #refuse(record: KeyRecord, why: KeyTrouble | undefined): void {
    const others = this.#records.some((other) => other !== record && other.state !== 'out');
    const before = record.state;
    record.refuse(before === 'out' || others ? 'out' : 'refused', why);
    if (record.state !== before) this.#tell(record, refusalLine(record.state, why));
  }

  #restore(record: KeyRecord): void {
    if (record.state === 'in use') return;
    record.state = 'in use';
    this.#tell(record, 'works again');
    this.waiters.wake();
  }

  #breakerChanged(backend: Backend, model: string, state: BreakerState, breaker: Breaker): void {
    const trouble = this.#recordOf(backend)?.troubles.get(model);
    this.#options.onChange?.(breakerLine(backend, model, state, breaker, trouble));
    this.waiters.wake();
  }

  #tell({ backend }: KeyRecord, what: string): void {
    this.#options.onChange?.(`key #${backend.keyFingerprint}: ${what}`);
  }

  #named(fingerprint: string): KeyRecord | undefined {
    return this.#records.find(({ backend }) => backend.keyFingerprint === fingerprint);
  }

  /** Undefined for a key that a reload has taken away. */
  #recordOf(backend: Backend): KeyRecord | undefined {
    return this.#records.find((record) => record.backend === backend);
  }
}
