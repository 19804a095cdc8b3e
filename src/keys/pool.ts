/**
 * Several keys as one. Each session has its key. A key that Google refuses is not used for a while; a model that fails with a key is not
 * asked with that key for a while. The state is plain data under one clock. Why: docs/decisions/0020-key-pool.md and 0022-breakers-and-budget.md
 */
import type { Fact } from '../cluster/facts.ts';
import { aloneState, type SharedState } from '../cluster/shared.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { type Clock, dateOf, momentOf, type Random } from '../lib/ports.ts';
import type { Backend } from '../upstream/backend.ts';
import { Affinity } from './affinity.ts';
import { type Breaker, type BreakerOptions, type BreakerState, bestState, type Source } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';
import { CountRoutes } from './count-route.ts';
import type { KeyEvent } from './key-events.ts';
import type { CountRoute, KeyChoice, KeyRoute, KeyState, Keys, KeyTrouble } from './keys.ts';
import { noKeyError } from './no-key-error.ts';
import type { Quota } from './quotas.ts';
import { hasRates, type RateLimits } from './rate-window.ts';
import { FAILURES_WITH_COMPANY, KeyRecord, MODEL_BREAKER, type Wanted } from './record.ts';
import { type Choice, PoolRoute, type RoutedPool, type Wish } from './route.ts';
import { type KeyVerdict, keyVerdict } from './verdict.ts';
import { Waiters } from './waiters.ts';

type Backends = readonly [Backend, ...Backend[]];

export type PoolOptions = {
  backends: Backends;
  clock: Clock;
  random: Random;
  rates?: RateLimits;
  shared?: SharedState;
  /** Runs when a key is left out or parked, or a breaker opens or closes, here or in another instance. */
  onChange?(event: KeyEvent, source: Source): void;
};

export class KeyPool implements Keys, RoutedPool {
  readonly kind: Backend['kind'];
  readonly clock: Clock;
  readonly waiters: Waiters;
  readonly #shared: SharedState;
  readonly #options: PoolOptions;
  #rates: RateLimits;
  #backends: Backends;
  #records: readonly KeyRecord[];
  readonly #affinity: Affinity;
  readonly #counts: CountRoutes;

  constructor(options: PoolOptions) {
    const { backends, clock, random, shared } = options;
    this.kind = backends[0].kind;
    this.clock = clock;
    this.waiters = new Waiters(clock, random);
    this.#shared = shared ?? aloneState(clock.wall());
    // Instances do not tell each other which key a session has. With the hash they agree all the same.
    this.#affinity = new Affinity(this.#shared.status().kind === 'memory' ? 'in-turn' : 'by-hash', clock);
    this.#counts = new CountRoutes(clock, (key, model, quota) => this.#tellCountQuota(key, model, quota));
    this.#options = options;
    this.#rates = options.rates ?? { requests: undefined, tokens: undefined };
    this.#backends = backends;
    this.#records = backends.map((backend) => this.#record(backend));
    this.#shared.listen((fact) => this.#hear(fact));
  }

  get backends(): Backends {
    return this.#backends;
  }

  /** Uses other keys from now on. What is known of a key that stays is kept, except for refusals: the operator may have mended their cause. */
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
    for (const record of this.#records) this.#tellKey(record);
    this.waiters.wake();
  }

  route(model: string, session: string | undefined, asker: Asker = ''): KeyRoute {
    return new PoolRoute(this, { model, session, asker });
  }

  countRoute(model: string, session: string | undefined, preferred?: Backend): CountRoute {
    const first = preferred?.keyFingerprint ?? this.#affinity.homeOf(model, session);
    return this.#counts.route(model, this.#records, first);
  }

  usable(model: string, asker: Asker = ''): boolean {
    const allowed = this.#allowed(model).filter((record) => !record.isAway(model));
    const now = this.clock.monotonic();
    if (!allowed.some((record) => record.breakerFreeAt(model, asker) <= now)) return false;
    // A key whose breaker is closed is no help where it is out of quota for longer than the breakers of the other keys stay open.
    return soonest(allowed, { model, tokens: 0, asker }).hindrance.why !== 'breaker';
  }

  choose(wish: Wish, current?: string): Choice {
    const { model, session, givenUp } = wish;
    const now = this.clock.monotonic();
    const home = this.#affinity.homeOf(model, session);
    const candidates = this.#candidates(model);
    const isFree = (record: KeyRecord) => record.hindrance(wish).why === 'nothing';
    const settled = (record: KeyRecord): Choice => {
      this.#affinity.settle(model, session, record.fingerprint);
      return { record, hindrance: { why: 'nothing', until: now }, chosen: choiceOf(home, record) };
    };
    // In the usual case `current` is free, and the other keys need not be looked at.
    const held = candidates.find(({ fingerprint }) => fingerprint === current);
    if (held && !givenUp?.has(held.fingerprint) && isFree(held)) return settled(held);
    const open = candidates.filter(isFree);
    if (open.length === 0) return { ...soonest(candidates, wish), chosen: { why: 'fallback', home } };
    const fresh = open.filter((record) => !givenUp?.has(record.fingerprint));
    const free = fresh.length > 0 ? fresh : open;
    return settled(
      free.find((record) => record === held) ??
        free.find(({ fingerprint }) => fingerprint === home) ??
        this.#affinity.deal(model, session, this.#records, free),
    );
  }

  note(backend: Backend, model: string, error: unknown): void {
    const record = this.#recordOf(backend);
    if (!record) return;
    if (error !== undefined) {
      this.failed(record, model, error);
      return;
    }
    this.#restore(record, 'seen');
    this.#tellKey(record);
    this.succeeded(record, model, this.clock.monotonic());
  }

  succeeded(record: KeyRecord, model: string, sentAt: number): void {
    const news = record.succeeded(model, sentAt);
    if (news.key) {
      this.#restore(record, 'seen');
      this.#tellKey(record);
    }
    if (news.model) {
      this.#report(record, model, 'free', 0);
      this.#tellQuota(record, model, { state: 'denied', until: 0, strikes: 0 });
    }
  }

  failed(record: KeyRecord, model: string, error: unknown): KeyVerdict {
    const verdict = keyVerdict(error);
    if (!(error instanceof UpstreamError)) return verdict;
    switch (verdict.kind) {
      case 'invalid':
        this.#refuse(record, verdict.why, 'seen');
        this.#tellKey(record, verdict.why);
        break;
      case 'denied': {
        const isNews = record.deny(model);
        const until = record.deniedUntil(model);
        if (isNews) this.#report(record, model, 'denied', until);
        this.#tellQuota(record, model, { state: 'denied', until, strikes: 0 });
        break;
      }
      case 'day':
      case 'wait':
      case 'backoff': {
        const { quota, news } = record.quotas.cool(model, verdict, error);
        if (news && quota.state === 'parked') this.#report(record, model, 'parked', quota.until);
        this.#tellQuota(record, model, quota);
        break;
      }
      default:
        break;
    }
    return verdict;
  }

  other(wish: Wish, than: string): KeyRecord | undefined {
    const free = this.#allowed(wish.model).filter(
      (record) =>
        record.fingerprint !== than &&
        !wish.givenUp?.has(record.fingerprint) &&
        record.hindrance(wish).why === 'nothing',
    );
    return free.length > 0 ? this.#affinity.deal(wish.model, wish.session, this.#records, free) : undefined;
  }

  refusal(wanted: Wanted): UpstreamError {
    const candidates = this.#candidates(wanted.model);
    return noKeyError(wanted, candidates, soonest(candidates, wanted).record, this.clock);
  }

  sent(record: KeyRecord, tokens: number): void {
    record.sent();
    if (!hasRates(this.#rates)) return;
    const at = this.clock.monotonic();
    record.rate.note(tokens, at);
    this.#shared.publish({ kind: 'sent', key: record.fingerprint, at: this.#date(at), tokens });
  }

  get inTurn(): SharedState['inTurn'] {
    return hasRates(this.#rates) ? this.#shared.inTurn : undefined;
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
        this.#breakerChanged(backend, model, state, breaker, source);
        if (source === 'seen' && state !== 'half-open') this.#tellBreaker(backend, model, breaker);
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

  /** The keys that may be used for the model at all. Never empty: where there is none, the last key's own error says more than we could. */
  #candidates(model: string): readonly KeyRecord[] {
    const allowed = this.#allowed(model);
    return allowed.length > 0 ? allowed : this.#records.filter(({ isLeftOut }) => !isLeftOut);
  }

  #refuse(record: KeyRecord, why: KeyTrouble | undefined, source: Source): void {
    const others = this.#records.some((other) => other !== record && other.state !== 'out');
    const before = record.state;
    record.refuse(before === 'out' || others ? 'out' : 'refused', why);
    if (record.state !== before) this.#reportKey(record, source, why);
  }

  #restore(record: KeyRecord, source: Source): void {
    if (record.state === 'in use') return;
    record.state = 'in use';
    this.#reportKey(record, source);
    this.waiters.wake();
  }

  #breakerChanged(
    backend: Backend,
    model: string,
    state: BreakerState,
    breaker: Breaker,
    source: Source,
  ): void {
    const cause = this.#recordOf(backend)?.troubles.get(model);
    const { openUntil: until, opens: openings } = breaker;
    const event = { kind: 'breaker', key: backend.keyFingerprint, model, state, until, openings } as const;
    this.#options.onChange?.({ ...event, ...(cause === undefined ? {} : { cause }) }, source);
    this.waiters.wake();
  }

  // ── what is reported here ──────────────────────────────────────────────────────────────────────────────────

  #reportKey({ fingerprint: key, state }: KeyRecord, source: Source, why?: KeyTrouble): void {
    this.#options.onChange?.({ kind: 'key', key, state, ...(why === undefined ? {} : { why }) }, source);
  }

  #report(
    { fingerprint: key }: KeyRecord,
    model: string,
    state: 'parked' | 'denied' | 'free',
    moment: number,
  ) {
    const until = state === 'free' ? 0 : this.#date(moment);
    this.#options.onChange?.({ kind: 'model', key, model, state, until }, 'seen');
  }

  // ── what other instances are told, and what is done with what they tell ────────────────────────────────────

  #tellKey({ fingerprint: key, state }: KeyRecord, why?: KeyTrouble): void {
    this.#shared.publish({ kind: 'key', key, state, ...(why === undefined ? {} : { why }) });
  }

  #tellQuota(
    { fingerprint: key }: KeyRecord,
    model: string,
    { state, until, strikes }: { state: Quota['state'] | 'denied'; until: number; strikes: number },
  ): void {
    this.#shared.publish({ kind: 'quota', key, model, state, until: this.#date(until), strikes });
  }

  #tellCountQuota({ fingerprint: key }: KeyRecord, model: string, { until, strikes }: Quota): void {
    this.#shared.publish({ kind: 'count-quota', key, model, until: this.#date(until), strikes });
  }

  #tellBreaker({ keyFingerprint: key }: Backend, model: string, breaker: Breaker): void {
    const { openUntil: until, opens, blamed } = breaker;
    const whom = blamed === undefined ? {} : { blamed };
    this.#shared.publish({ kind: 'breaker', key, model, until, opens, ...whom });
  }

  /** Acts on what another instance has learned, and does not tell it again. */
  #hear(fact: Fact): void {
    const record = 'key' in fact ? this.#named(fact.key) : undefined;
    if (!record) return;
    switch (fact.kind) {
      case 'quota':
        if (fact.state === 'denied') record.deny(fact.model, momentOf(this.clock, fact.until));
        else record.quotas.learn(fact.model, fact.state, fact.until, fact.strikes);
        return;
      case 'count-quota':
        record.countQuotas.learn(fact.model, 'cooling', fact.until, fact.strikes);
        return;
      case 'key':
        if (fact.state === 'in use') this.#restore(record, 'learned');
        else this.#refuse(record, fact.why, 'learned');
        return;
      case 'breaker':
        record.breaker(fact.model).learn(fact.until, fact.opens, fact.blamed);
        return;
      case 'sent':
        record.rate.note(fact.tokens, momentOf(this.clock, fact.at));
        return;
      default:
        return;
    }
  }

  /** Other instances are told dates, since their monotonic clocks have nothing to do with ours. */
  #date(moment: number): number {
    return dateOf(this.clock, moment).getTime();
  }

  #named(fingerprint: string): KeyRecord | undefined {
    return this.#records.find((record) => record.fingerprint === fingerprint);
  }

  /** The record of a key; undefined where a reload has removed the key. */
  #recordOf(backend: Backend): KeyRecord | undefined {
    return this.#records.find((record) => record.backend === backend);
  }
}

/** The key in `records` that is free first. */
function soonest(records: readonly KeyRecord[], wanted: Wanted): Omit<Choice, 'chosen'> {
  const found = records.map((record) => ({ record, hindrance: record.hindrance(wanted) }));
  const [first, ...others] = found;
  if (!first) throw new Error('a pool without keys');
  return others.reduce((a, b) => (b.hindrance.until < a.hindrance.until ? b : a), first);
}

function choiceOf(home: string | undefined, { fingerprint }: KeyRecord): KeyChoice {
  if (home === undefined) return { why: 'dealt' };
  return { why: home === fingerprint ? 'home' : 'moved', home };
}
