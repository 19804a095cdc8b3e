/** One answer's way through a pool: its key, another key after a failure, and short waits in between. */

import type { SharedState } from '../cluster/shared.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { Clock } from '../lib/ports.ts';
import type { Backend } from '../upstream/backend.ts';
import type { Pass } from './breaker.ts';
import type { Again, KeyChoice, KeyRoute, KeyWait, Patience } from './keys.ts';
import {
  FAILURES_IN_ROW,
  FAILURES_WITH_COMPANY,
  type Hindrance,
  type KeyRecord,
  type Wanted,
} from './record.ts';
import type { KeyVerdict } from './verdict.ts';
import type { Waiters } from './waiters.ts';

/** Which request wants a key, and for which model. */
export type Wish = Wanted & {
  session: string | undefined;
  /**
   * Fingerprints of keys that have failed this request too often. Such a key is chosen only where there is no other
   * key.
   */
  givenUp?: ReadonlySet<string>;
};

/** A key for a request, and what keeps that key from being used now. */
export type Choice = { record: KeyRecord; hindrance: Hindrance; chosen: KeyChoice };

/** What a route needs from its pool. */
export type RoutedPool = {
  readonly clock: Clock;
  readonly waiters: Waiters;
  readonly countsTokens: boolean;
  /** Set where limits are kept together with other processes: keys are taken in turn then. */
  readonly inTurn: SharedState['inTurn'];
  /**
   * Chooses in this order: `current` (a fingerprint), the session's key, the key whose turn it is. Where no key is free, chooses the key
   * that will be free first.
   */
  choose(wish: Wish, current?: string): Choice;
  failed(record: KeyRecord, model: string, error: unknown): KeyVerdict;
  succeeded(record: KeyRecord, model: string, sentAt: number): void;
  /** Another key that is free now. The session still keeps its own key. */
  other(wish: Wish, than: string): KeyRecord | undefined;
  sent(record: KeyRecord, tokens: number): void;
  /** The error for a request for which no key is free. */
  refusal(wanted: Wanted): UpstreamError;
};

/**
 * After this many openings in a row no request waits for the model any more: the model is down, not only in trouble for
 * a moment.
 */
const HOPELESS_OPENS = 3;

export class PoolRoute implements KeyRoute {
  readonly #pool: RoutedPool;
  readonly #for: Pick<Wish, 'model' | 'session' | 'asker'>;
  readonly #model: string;
  // These sets know a key by its fingerprint: a key that a reload has taken away and brought back is the same key.
  /** Google has refused these keys for good, or the model with these keys: asking again would end the same. */
  readonly #hopeless = new Set<string>();
  /** These keys were out of quota when they were asked for this request. */
  readonly #turnedDown = new Set<string>();
  /**
   * The number of failures of this request with each key. Also says which keys have failed it too often, even where
   * other requests succeed with them.
   */
  readonly #failures = new Map<string, number>();
  readonly #givenUp = new Set<string>();
  /** True once another key was asked after a refusal without a reason. That is done once for each request. */
  #wentElsewhere = false;
  #record: KeyRecord;
  #chosen: KeyChoice;
  #pass: Pass | undefined;
  #waited = 0;
  #sentAt: number;

  constructor(pool: RoutedPool, wish: Pick<Wish, 'model' | 'session' | 'asker'>) {
    this.#pool = pool;
    this.#for = wish;
    this.#model = wish.model;
    this.#sentAt = pool.clock.monotonic();
    const { record, chosen } = this.#choose(0);
    this.#record = record;
    this.#chosen = chosen;
  }

  backend(): Backend {
    return this.#record.backend;
  }

  chosen(): KeyChoice {
    return this.#chosen;
  }

  readyNow(patience: Patience): boolean {
    this.released();
    if (this.#pool.inTurn) return false;
    const tokens = this.#tokens(patience);
    return this.#take(this.#choose(tokens, this.#record.fingerprint), tokens, patience);
  }

  async ready(patience: Patience, signal: AbortSignal): Promise<void> {
    this.released();
    const tokens = this.#tokens(patience);
    const attempt = () => {
      signal.throwIfAborted();
      const choice = this.#choose(tokens, this.#record.fingerprint);
      return { choice, isTaken: this.#take(choice, tokens, patience) };
    };
    for (;;) {
      const { inTurn } = this.#pool;
      const { choice, isTaken } = inTurn ? await inTurn(attempt) : attempt();
      if (isTaken) return;
      await this.#wait(choice, tokens, patience, signal);
    }
  }

  refusal(patience: Patience): UpstreamError | undefined {
    const tokens = this.#tokens(patience);
    const choice = this.#choose(tokens, this.#record.fingerprint);
    return choice.hindrance.why !== 'nothing' && this.#isHopeless(choice, patience)
      ? this.#pool.refusal({ ...this.#for, tokens })
      : undefined;
  }

  failed(error: unknown): Again {
    const { kind } = this.#pool.failed(this.#record, this.#model, error);
    if (kind === 'trouble') return this.#troubled(error);
    this.released();
    if (kind === 'blameless') return 'no';
    if (kind === 'unclear') return this.#elsewhereOnce();
    if (kind === 'invalid' || kind === 'denied') this.#hopeless.add(this.#record.fingerprint);
    this.#turnedDown.add(this.#record.fingerprint);
    const { record, chosen } = this.#choose(0);
    if (this.#hopeless.has(record.fingerprint)) return 'no';
    this.#hold(record, chosen);
    return this.#turnedDown.has(record.fingerprint) ? 'retry' : 'other-key';
  }

  sentAgain(tokens: () => number): void {
    this.#pool.sent(this.#record, this.#pool.countsTokens ? tokens() : 0);
  }

  succeeded(): void {
    this.#pool.succeeded(this.#record, this.#model, this.#sentAt);
    this.#pass?.succeeded();
  }

  released(): void {
    if (!this.#pass) return;
    this.#pass.abandoned();
    this.#pass = undefined;
    // The attempt may have been the probe that other requests wait for.
    if (this.#record.breakerState(this.#model) === 'half-open') this.#pool.waiters.wake();
  }

  #tokens(patience: Patience): number {
    return this.#pool.countsTokens ? patience.tokens() : 0;
  }

  #choose(tokens: number, current?: string): Choice {
    return this.#pool.choose({ ...this.#for, tokens, givenUp: this.#givenUp }, current);
  }

  /** False where the chosen key may not be asked now, or has failed this request too often. */
  #take({ record, hindrance, chosen }: Choice, tokens: number, patience: Patience): boolean {
    if (hindrance.why !== 'nothing' || this.#isSpent(record, patience)) return false;
    const pass = record.breaker(this.#model).pass(this.#for.asker);
    if (!pass) return false;
    this.#sentAt = this.#pool.clock.monotonic();
    this.#pool.sent(record, tokens);
    this.#hold(record, chosen);
    this.#pass = pass;
    return true;
  }

  #hold(record: KeyRecord, chosen: KeyChoice): void {
    // Where the same key is chosen again, the reason of the first choice stays: that the session has this key by now says nothing.
    if (record !== this.#record || this.#chosen.why === 'fallback') this.#chosen = chosen;
    this.#record = record;
  }

  /** True where the key failed this request too often, and another model can answer. */
  #isSpent(record: KeyRecord, patience: Patience): boolean {
    return this.#givenUp.has(record.fingerprint) && !patience.forBreaker();
  }

  /**
   * Runs where the model is in trouble with the key. While the key's breaker is closed, the same key is asked again.
   * Once the breaker is open, the pool chooses a key.
   */
  #troubled(error: unknown): Again {
    if (error instanceof UpstreamError) this.#record.troubles.set(this.#model, failureClass(error));
    this.#pass?.failed();
    const isGivenUp = this.#giveUp();
    return isGivenUp || this.#record.breakerState(this.#model) === 'open' ? 'retry' : 'no';
  }

  /**
   * Counts a failure of this request with the key. True where the number of failures would open a breaker. The breaker itself may stay
   * closed, because other requests are answered.
   */
  #giveUp(): boolean {
    const { fingerprint } = this.#record;
    const failures = (this.#failures.get(fingerprint) ?? 0) + 1;
    this.#failures.set(fingerprint, failures);
    const enough = this.#givenUp.size > 0 ? FAILURES_WITH_COMPANY : FAILURES_IN_ROW;
    if (failures < enough || this.#givenUp.has(fingerprint)) return false;
    this.#givenUp.add(fingerprint);
    return true;
  }

  #elsewhereOnce(): Again {
    const wish = { ...this.#for, tokens: 0, givenUp: this.#givenUp };
    const other = this.#wentElsewhere ? undefined : this.#pool.other(wish, this.#record.fingerprint);
    if (!other) return 'no';
    this.#wentElsewhere = true;
    this.#hold(other, { why: 'fallback', home: this.#chosen.home ?? this.#record.fingerprint });
    return 'other-key';
  }

  /** Throws the error for the client where the request would not wait for the key. */
  async #wait(choice: Choice, tokens: number, patience: Patience, signal: AbortSignal): Promise<void> {
    const { clock, waiters } = this.#pool;
    if (choice.hindrance.why === 'nothing' && this.#isSpent(choice.record, patience))
      throw failedTooOften(this.#model);
    if (this.#isHopeless(choice, patience)) throw this.#pool.refusal({ ...this.#for, tokens });
    const since = clock.monotonic();
    const waits = waitFor(choice);
    const ended = waits && patience.onWait?.(waits);
    try {
      await waiters.wait(Math.min(choice.hindrance.until - since, this.#left(patience)), signal);
    } finally {
      this.#waited += clock.monotonic() - since;
      ended?.();
    }
  }

  #left({ limitMs }: Patience): number {
    return limitMs - this.#waited;
  }

  /** True where the request would not wait until the chosen key is free. */
  #isHopeless({ record, hindrance: { why, until } }: Choice, patience: Patience): boolean {
    const breaker = record.breaker(this.#model);
    const left = this.#left(patience);
    if (left <= 0) return true;
    if (why === 'breaker' && (breaker.opens >= HOPELESS_OPENS || !patience.forBreaker())) return true;
    // A probe is out. Nobody knows how long its answer takes, but most probes are answered at once.
    const probing = why === 'breaker' && breaker.state === 'half-open';
    return until - this.#pool.clock.monotonic() > left && !probing;
  }
}

function failedTooOften(model: string): UpstreamError {
  return new UpstreamError(
    'not-sent',
    `${model} failed this request too often, so it is not asked again. Try again in a moment, or map to another model.`,
    { status: 503 },
  );
}

function waitFor({ record, hindrance }: Choice): KeyWait | undefined {
  const { fingerprint: key } = record;
  const { until } = hindrance;
  switch (hindrance.why) {
    case 'quota':
      return { for: 'key', key, until, limit: hindrance.isDay ? 'quota of the day' : 'quota' };
    case 'rate':
      return { for: 'key', key, until, limit: hindrance.limit };
    case 'breaker':
      return { for: 'breaker', key, until };
    case 'nothing':
      return undefined;
  }
}
