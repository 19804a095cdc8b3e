/**
 * Several keys as one: each session has its key, and a key that Google turns down is left alone for as long as Google
 * says, by model. State is data under one clock. Why: docs/decisions/0020-key-pool.md
 */
import { UpstreamError } from '../gemini/errors.ts';
import type { Clock } from '../lib/ports.ts';
import type { Backend } from './backend.ts';
import { type KeyVerdict, keyVerdict } from './key-verdict.ts';
import type { KeyRoute, KeyState, Keys, ModelState } from './keys.ts';
import { nextPacificMidnight } from './pacific.ts';
import { type Choice, PoolRoute, type RoutedPool } from './pool-route.ts';

/** Milliseconds. "Retry in 0s" must not become a loop. */
const MIN_WAIT = 1_000;
/** Milliseconds, for a quota error that tells no time. */
const FIRST_BACKOFF = 5_000;
const MAX_BACKOFF = 60_000;
/** Sessions by model whose key is remembered; the oldest go first, and get a key anew. */
const MAX_HOMES = 10_000;

/** Of one key for one model. */
type Quota = {
  /** Zero: may be asked. */
  until: number;
  state: ModelState['state'];
  /** Quota errors in a row that told no time. */
  strikes: number;
  last: UpstreamError | undefined;
};

type Key = { backend: Backend; state: KeyState['state']; quotas: Map<string, Quota> };

export type PoolOptions = {
  backends: readonly [Backend, ...Backend[]];
  clock: Clock;
  /** A key is left out, or parked: one line without the key. */
  onChange?(message: string): void;
};

export class KeyPool implements Keys, RoutedPool {
  readonly backends: readonly [Backend, ...Backend[]];
  readonly kind: Backend['kind'];
  readonly clock: Clock;
  readonly #keys: readonly Key[];
  readonly #onChange: (message: string) => void;
  /** By model: opus and haiku ids of one client would else take turns, and each always meet the same key. */
  readonly #turns = new Map<string, number>();
  readonly #homes = new Map<string, Key>();

  constructor({ backends, clock, onChange = () => {} }: PoolOptions) {
    this.backends = backends;
    this.kind = backends[0].kind;
    this.clock = clock;
    this.#keys = backends.map((backend) => ({ backend, state: 'in use', quotas: new Map() }));
    this.#onChange = onChange;
  }

  route(model: string, session: string | undefined): KeyRoute {
    return new PoolRoute(this, model, session);
  }

  /** `current` goes before the session's key, and that before the next in turn. Where none is free: the first that will be. */
  choose(model: string, session: string | undefined, current?: Backend): Choice {
    const now = this.clock.now();
    const keys = this.#candidates(model);
    const free = keys.filter((key) => freeAt(key, model) <= now);
    if (free.length === 0) {
      const first = keys.reduce((a, b) => (freeAt(b, model) < freeAt(a, model) ? b : a));
      return { backend: first.backend, freeAt: freeAt(first, model) };
    }
    const home = session === undefined ? undefined : `${model} ${session}`;
    const known = free.find(({ backend }) => backend === current) ?? this.#homeAmong(free, home);
    const key = known ?? this.#next(free, model);
    if (home !== undefined) this.#settle(home, key);
    return { backend: key.backend, freeAt: now };
  }

  note(backend: Backend, model: string, error: unknown): void {
    if (error !== undefined) {
      this.failed(backend, model, error);
      return;
    }
    this.#keyOf(backend).state = 'in use';
    this.succeeded(backend, model);
  }

  succeeded(backend: Backend, model: string): void {
    const key = this.#keyOf(backend);
    if (key.state === 'refused') key.state = 'in use';
    const quota = key.quotas.get(model);
    // An answer to what was sent before the quota was gone says nothing of now.
    if (quota && (quota.state === 'denied' || quota.until <= this.clock.now())) key.quotas.delete(model);
  }

  failed(backend: Backend, model: string, error: unknown): KeyVerdict {
    const verdict = keyVerdict(error);
    const key = this.#keyOf(backend);
    if (verdict.kind === 'blameless' || !(error instanceof UpstreamError)) return verdict;
    if (verdict.kind === 'invalid') this.#refuse(key);
    else this.#cool(key, model, verdict, error);
    return verdict;
  }

  /** What to tell when every key is out of quota for longer than one may wait. */
  exhausted(model: string): UpstreamError {
    const choice = this.choose(model, undefined);
    const last = this.#keyOf(choice.backend).quotas.get(model)?.last;
    const seconds = Math.max(1, Math.ceil((choice.freeAt - this.clock.now()) / 1000));
    const keys = this.#candidates(model).map((key) => {
      const quota = key.quotas.get(model);
      const why = quota?.state === 'parked' ? "the day's quota is used up" : 'out of quota';
      return `#${key.backend.keyFingerprint}: ${why}, back at ${new Date(quota?.until ?? 0).toISOString()}`;
    });
    // Google's own figure is from when it was said.
    const said = (last?.message ?? 'Quota exceeded').replace(/\s*Please retry in [\d.]+s\.?/gi, '').trim();
    const advice = 'Add a key of another project to API_KEYS, raise its quota, or map this model to another.';
    return new UpstreamError(
      'status',
      `${said} No key may be asked for ${model} now (${keys.join('; ')}). ${advice}`,
      { status: 429, retryAfter: seconds, cause: last },
    );
  }

  states(): KeyState[] {
    const now = this.clock.now();
    return this.#keys.map(({ backend, state, quotas }) => ({
      fingerprint: backend.keyFingerprint,
      state,
      models: [...quotas].flatMap(([model, quota]): ModelState[] => {
        if (quota.state === 'denied') return [{ model, state: 'denied', until: undefined }];
        return quota.until > now ? [{ model, state: quota.state, until: quota.until }] : [];
      }),
    }));
  }

  /** Those not out; of them those not denied. Never none: the last key's own error tells more than we could. */
  #candidates(model: string): readonly Key[] {
    const keys = this.#keys.filter(({ state }) => state !== 'out');
    const allowed = keys.filter(({ quotas }) => quotas.get(model)?.state !== 'denied');
    return allowed.length > 0 ? allowed : keys;
  }

  #homeAmong(free: readonly Key[], home: string | undefined): Key | undefined {
    const key = home === undefined ? undefined : this.#homes.get(home);
    return key && free.includes(key) ? key : undefined;
  }

  #next(free: readonly Key[], model: string): Key {
    const turn = this.#turns.get(model) ?? 0;
    const count = this.#keys.length;
    for (let step = 0; step < count; step++) {
      const key = this.#keys[(turn + step) % count];
      if (!key || !free.includes(key)) continue;
      this.#turns.set(model, (turn + step + 1) % count);
      return key;
    }
    throw new Error('no key is free');
  }

  #settle(home: string, key: Key): void {
    this.#homes.delete(home);
    this.#homes.set(home, key);
    const [oldest] = this.#homes.keys();
    if (this.#homes.size > MAX_HOMES && oldest !== undefined) this.#homes.delete(oldest);
  }

  #refuse(key: Key): void {
    if (key.state === 'out') return;
    const others = this.#keys.some((other) => other !== key && other.state !== 'out');
    const before = key.state;
    key.state = others ? 'out' : 'refused';
    if (key.state === before) return;
    this.#tell(key, others ? 'refused; left out from now on' : 'refused; it is the last');
  }

  #tell(key: Key, what: string): void {
    this.#onChange(`key #${key.backend.keyFingerprint}: ${what}`);
  }

  #cool(key: Key, model: string, verdict: KeyVerdict, last: UpstreamError): void {
    const now = this.clock.now();
    const old = key.quotas.get(model);
    const cooling = old !== undefined && old.until > now;
    const strikes = old?.strikes ?? 0;
    const set = (found: Quota['state'], until: number, struck = strikes) => {
      // What is denied stays so until it is seen to work.
      const state = old?.state === 'denied' ? 'denied' : found;
      key.quotas.set(model, { state, until: Math.max(until, old?.until ?? 0), strikes: struck, last });
    };
    switch (verdict.kind) {
      case 'denied':
        if (old?.state !== 'denied') this.#tell(key, `has no access to ${model}`);
        set('denied', 0);
        return;
      case 'day':
        if (!cooling)
          this.#tell(key, `the day's quota for ${model} is used up; parked until midnight Pacific`);
        set('parked', nextPacificMidnight(now));
        return;
      case 'wait':
        set(cooling ? old.state : 'cooling', now + Math.max(MIN_WAIT, verdict.ms));
        return;
      case 'backoff':
        // Of requests that were under way together, one strike.
        if (!cooling) set('cooling', now + Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** strikes), strikes + 1);
        return;
      default:
        return;
    }
  }

  #keyOf(backend: Backend): Key {
    const key = this.#keys.find((found) => found.backend === backend);
    if (!key) throw new Error('a key of another pool');
    return key;
  }
}

const freeAt = ({ quotas }: Key, model: string): number => quotas.get(model)?.until ?? 0;
