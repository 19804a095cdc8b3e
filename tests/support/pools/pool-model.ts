/**
 * What a pool of keys should do: it keeps everything that was said about each key, and computes from it who may be
 * asked. It does not take turns among keys.
 */

import { UpstreamError } from '../../../src/gemini/errors.ts';
import type { BreakerState } from '../../../src/keys/breaker.ts';
import type { KeyState } from '../../../src/keys/keys.ts';
import { nextPacificMidnight } from '../../../src/keys/quota-day.ts';
import type { RateLimits } from '../../../src/keys/rate-window.ts';
import type { Clock } from '../../../src/lib/ports.ts';
import { BreakerModel, FIGURES, type ModelPass } from './breaker-model.ts';
import { badKey, bare, noQuota, page, perDay, perMinute, refusal } from './keys.ts';

export const NAMES = ['a', 'b', 'c'] as const;
export type Name = (typeof NAMES)[number];
export const MODELS = ['big', 'small'] as const;

export const RATES: readonly RateLimits[] = [
  { requests: undefined, tokens: undefined },
  { requests: 3, tokens: undefined },
  { requests: undefined, tokens: 100 },
  { requests: 4, tokens: 200 },
];

/** Google's answers, and what each means. */
export const ERRORS = {
  day: { make: perDay, means: 'quota' },
  minute: { make: () => perMinute(20), means: 'quota' },
  bare: { make: bare, means: 'quota' },
  none: { make: noQuota, means: 'denied' },
  missing: { make: () => refusal(404, 'models/x is not found'), means: 'denied' },
  bad: { make: badKey, means: 'invalid' },
  unpaid: { make: () => refusal(429, 'Your prepayment credits are depleted.'), means: 'invalid' },
  barred: { make: () => page(403), means: 'unclear' },
  overloaded: { make: () => refusal(503), means: 'trouble' },
  reset: { make: () => new UpstreamError('network', 'reset'), means: 'trouble' },
  wrong: { make: () => refusal(400, 'Request contains an invalid argument.'), means: 'blameless' },
} as const satisfies Record<string, { make: () => UpstreamError; means: string }>;
export type Told = keyof typeof ERRORS;

type Quota = {
  /** By the monotonic clock. */
  until: number;
  /** By the wall's. */
  dayEnds: number | undefined;
  strikes: number;
  parked: boolean;
  at: number;
};

const HOUR = 3_600_000;

/** So many failures in a row are too many where the model already fails with another key. */
export const WITH_COMPANY = 3;

export class KeyModel {
  state: KeyState['state'] = 'in use';
  refusedAt = 0;
  /** When a key that is out of use is tested. */
  testedAt = 0;
  readonly denied = new Map<string, number>();
  readonly quotas = new Map<string, Quota>();
  readonly breakers = new Map<string, BreakerModel>();
  readonly sent: { at: number; tokens: number }[] = [];
  readonly name: Name;

  constructor(name: Name) {
    this.name = name;
  }
}

export class PoolModel {
  now: number;
  rates: RateLimits;
  keys: KeyModel[] = NAMES.map((name) => new KeyModel(name));
  readonly homes = new Map<string, Name>();

  /** How far the wall clock is ahead of the monotonic one. */
  ahead: number;

  constructor(clock: Clock, rates: RateLimits) {
    this.now = clock.monotonic();
    this.ahead = clock.wall().getTime() - this.now;
    this.rates = rates;
  }

  named = (name: Name): KeyModel | undefined => this.keys.find((key) => key.name === name);

  breaker(key: KeyModel, model: string): BreakerModel {
    const failsElsewhere = () =>
      this.keys.some(
        (other) =>
          other.name !== key.name &&
          other.state !== 'out' &&
          other.breakers.get(model)?.state(this.now) === 'open',
      );
    const suspect = { consecutive: WITH_COMPANY, when: failsElsewhere };
    const breaker = key.breakers.get(model) ?? new BreakerModel({ ...FIGURES, suspect });
    key.breakers.set(model, breaker);
    return breaker;
  }

  isDenied = (key: KeyModel, model: string): boolean => (key.denied.get(model) ?? 0) > this.now;

  isLeftOut = (key: KeyModel): boolean => key.state === 'out' && key.testedAt > this.now;

  allowed = (model: string): KeyModel[] =>
    this.keys.filter((key) => !this.isLeftOut(key) && !this.isDenied(key, model));

  /** Nobody waits that long. */
  isAway(key: KeyModel, model: string): boolean {
    const parked = key.quotas.get(model)?.parked === true;
    return this.quotaUntil(key, model) - this.now > (parked ? 0 : 300_000);
  }

  quotaUntil(key: KeyModel, model: string): number {
    const { until = 0, dayEnds = 0 } = key.quotas.get(model) ?? {};
    return Math.max(until, dayEnds - this.ahead);
  }

  candidates(model: string): KeyModel[] {
    const allowed = this.allowed(model);
    return allowed.length > 0 ? allowed : this.keys.filter((key) => !this.isLeftOut(key));
  }

  /** When the key may be asked, for each reason by itself; a reason that is over gives the present. */
  reasons(key: KeyModel, model: string, tokens: number): Readonly<Record<string, number>> {
    const quota = this.quotaUntil(key, model);
    const breaker = key.breakers.get(model)?.freeAt('') ?? 0;
    return { quota, breaker, rate: this.#rateFreeAt(key, tokens) };
  }

  freeAt = (key: KeyModel, model: string, tokens: number): number =>
    Math.max(this.now, ...Object.values(this.reasons(key, model, tokens)));

  free = (model: string, tokens: number): KeyModel[] =>
    this.candidates(model).filter((key) => this.freeAt(key, model, tokens) <= this.now);

  soonest(model: string, tokens: number): { until: number; keys: KeyModel[] } {
    const keys = this.candidates(model);
    const until = Math.min(...keys.map((key) => this.freeAt(key, model, tokens)));
    return { until, keys: keys.filter((key) => this.freeAt(key, model, tokens) === until) };
  }

  /** Some key's breaker lets requests pass, and no other key is waited for because of its breaker. */
  usable(model: string): boolean {
    const allowed = this.allowed(model).filter((key) => !this.isAway(key, model));
    if (!allowed.some((key) => (key.breakers.get(model)?.freeAt('') ?? 0) <= this.now)) return false;
    const [first] = [...allowed].sort((a, b) => this.freeAt(a, model, 0) - this.freeAt(b, model, 0));
    if (!first) return false;
    const { quota = 0, breaker = 0, rate = 0 } = this.reasons(first, model, 0);
    return breaker <= Math.max(this.now, quota, rate);
  }

  fail(key: KeyModel, model: string, told: Told): void {
    if (ERRORS[told].means === 'invalid') {
      const others = this.keys.some((other) => other !== key && other.state !== 'out');
      key.state = key.state === 'out' || others ? 'out' : 'refused';
      key.refusedAt = this.now;
      key.testedAt = this.now + HOUR;
    }
    if (ERRORS[told].means === 'denied') key.denied.set(model, this.now + 3_600_000);
    if (ERRORS[told].means !== 'quota') return;
    const old = key.quotas.get(model) ?? { until: 0, dayEnds: undefined, strikes: 0, parked: false };
    const cooling = this.quotaUntil(key, model) > this.now;
    const stays = cooling && old.parked;
    const struck = told === 'bare' && !cooling;
    let until = 0;
    if (told === 'minute') until = this.now + 20_000;
    if (struck) until = this.now + Math.min(60_000, 5_000 * 2 ** old.strikes);
    key.quotas.set(model, {
      until: Math.max(old.until, until),
      dayEnds: told === 'day' ? this.#midnight() : stays ? old.dayEnds : undefined,
      strikes: old.strikes + (struck ? 1 : 0),
      parked: told === 'day' || stays,
      at: this.now,
    });
  }

  /** An answer to a request that was sent before the refusal does not take the refusal back. */
  succeed(key: KeyModel, model: string, sentAt: number): void {
    if (key.state !== 'in use' && sentAt >= key.refusedAt) key.state = 'in use';
    if (sentAt >= (key.denied.get(model) ?? 0) - 3_600_000) key.denied.delete(model);
    const { at = Infinity } = key.quotas.get(model) ?? {};
    if (this.quotaUntil(key, model) <= this.now || at < sentAt) key.quotas.delete(model);
  }

  #midnight(): number {
    return nextPacificMidnight(new Date(this.now + this.ahead)).getTime();
  }

  /** An answer outside of any request makes a key usable again, whenever it was refused. */
  test(key: KeyModel, model: string): void {
    key.state = 'in use';
    this.succeed(key, model, this.now);
  }

  replace(names: readonly Name[], rates: RateLimits): void {
    this.rates = rates;
    this.keys = names.map((name) => this.named(name) ?? new KeyModel(name));
    for (const key of this.keys) {
      key.state = 'in use';
      key.denied.clear();
    }
  }

  send(key: KeyModel, model: string, tokens: number): ModelPass | undefined {
    key.testedAt = this.now + HOUR;
    if (this.rates.requests !== undefined || this.rates.tokens !== undefined)
      key.sent.push({ at: this.now, tokens });
    return this.breaker(key, model).pass(this.now);
  }

  /** As the pool tells it, in no order. */
  told(): string[] {
    return this.keys.flatMap((key) => [
      `${key.name} ${key.state}`,
      ...[...key.quotas]
        .map(([model, { parked }]) => ({ model, parked, until: this.quotaUntil(key, model) }))
        .filter(({ until }) => until > this.now)
        .map(({ model, parked, until }) => `${key.name} ${model} ${parked ? 'parked' : 'cooling'} ${until}`),
      ...[...key.denied]
        .filter(([, until]) => until > this.now)
        .map(([model, until]) => `${key.name} ${model} denied ${until}`),
      ...[...key.breakers]
        .filter(([, breaker]) => breaker.state(this.now) !== 'closed')
        .map(([model, breaker]) => `${key.name} ${model} ${breaker.state(this.now)} ${breaker.until}`),
    ]);
  }

  /** The best state that any key's breaker has for this model. Undefined where the model works with all keys. */
  best(model: string): BreakerState | undefined {
    const stateOf = (key: KeyModel) => key.breakers.get(model)?.state(this.now) ?? 'closed';
    const keys = this.keys.filter(({ state }) => state !== 'out');
    if (keys.every((key) => stateOf(key) === 'closed')) return undefined;
    const states = keys.filter((key) => !this.isDenied(key, model)).map(stateOf);
    return (['closed', 'half-open', 'open'] as const).find((state) => states.includes(state));
  }

  /** The first moment at which the request may be sent: with what was sent in the minute before that moment, it stays within the rates. */
  #rateFreeAt(key: KeyModel, size: number): number {
    const { requests = Infinity, tokens: limit = Infinity } = this.rates;
    const fits = (at: number) => {
      const recent = key.sent.filter((one) => one.at > at - 60_000);
      const sum = recent.reduce((total, one) => total + one.tokens, 0);
      return recent.length < requests && (recent.length === 0 || sum + size <= limit);
    };
    const moments = [this.now, ...key.sent.map(({ at }) => at + 60_000)];
    return Math.min(...moments.filter((at) => at >= this.now && fits(at)));
  }
}

/** One answer under way. */
export type RouteModel = {
  key: KeyModel;
  model: string;
  session: string | undefined;
  pass: ModelPass | undefined;
  hopeless: Set<Name>;
  wentElsewhere: boolean;
  failures: Map<Name, number>;
  sentAt: number;
};

/**
 * Keys that have failed this request often enough: five times, or three times where another key was already given up.
 */
export const givenUp = ({ failures }: RouteModel): Name[] =>
  [...failures].filter(([, count]) => count === Number.POSITIVE_INFINITY).map(([name]) => name);

/** True for the failure that was one too many. */
export function givesUp(route: RouteModel): boolean {
  const { failures, key } = route;
  const count = (failures.get(key.name) ?? 0) + 1;
  const enough = count >= (givenUp(route).length > 0 ? WITH_COMPANY : FIGURES.consecutive);
  failures.set(key.name, enough ? Number.POSITIVE_INFINITY : count);
  return enough && Number.isFinite(count);
}
