/** One answer's way through a pool: the key in hand, another one after a failure, and short waits in between. */

import type { SharedState } from '../cluster/shared.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { Clock } from '../lib/ports.ts';
import type { Backend } from '../upstream/backend.ts';
import type { Pass } from './breaker.ts';
import type { Choice, Wish } from './choice.ts';
import type { Again, KeyRoute, Patience } from './keys.ts';
import { FAILURES_WITH_COMPANY, MODEL_BREAKER } from './model-breaker.ts';
import type { KeyRecord, Wanted } from './record.ts';
import type { KeyVerdict } from './verdict.ts';
import type { Waiters } from './waiters.ts';

/** What a route needs of its pool. */
export type RoutedPool = {
  readonly clock: Clock;
  readonly shared: SharedState;
  readonly waiters: Waiters;
  readonly countsTokens: boolean;
  choose(wish: Wish, current?: Backend): Choice;
  failed(record: KeyRecord, model: string, error: unknown): KeyVerdict;
  succeeded(record: KeyRecord, model: string, sentAt: number): void;
  /** Another key that is free now, without settling anything on it. */
  other(wish: Wish, than: KeyRecord): KeyRecord | undefined;
  sent(record: KeyRecord, tokens: number): void;
  /** What to tell a request that no key is free for. */
  exhausted(wanted: Wanted): UpstreamError;
};

/** Openings in a row after which nobody waits for a model any more: it is down, not stumbling. */
const HOPELESS_OPENS = 3;
/** Milliseconds that one instance's probe is its own. */
const PROBE_CLAIM_MS = 30_000;
/** Milliseconds between two looks at whether another instance's probe is still out. */
const CLAIM_LOOK_MS = 2_000;

/** A probe that another instance makes: while it is held, the route chooses among the other keys. */
type ForeignProbe = { record: KeyRecord; pass: Pass };

export class PoolRoute implements KeyRoute {
  readonly #pool: RoutedPool;
  readonly #for: Pick<Wish, 'model' | 'session' | 'asker'>;
  readonly #model: string;
  /** Refused by Google for good: asking again would not end otherwise. */
  readonly #hopeless = new Set<Backend>();
  /** Out of quota when they were asked for this request. */
  readonly #turnedDown = new Set<Backend>();
  /** How often each key has failed this request, and which of them often enough: whatever others meet, it goes elsewhere. */
  readonly #failures = new Map<Backend, number>();
  readonly #givenUp = new Set<Backend>();
  /** Another key was tried after a refusal that nobody explained: where that one is turned away as well, the request is. */
  #wentElsewhere = false;
  #record: KeyRecord;
  #pass: Pass | undefined;
  /** The probe that the pass is, by the name that all instances know. */
  #claim: string | undefined;
  #waited = 0;
  #sentAt: number;

  constructor(pool: RoutedPool, wish: Pick<Wish, 'model' | 'session' | 'asker'>) {
    this.#pool = pool;
    this.#for = wish;
    this.#model = wish.model;
    this.#sentAt = pool.clock.monotonic();
    this.#record = this.#choose(0).record;
  }

  get backend(): Backend {
    return this.#record.backend;
  }

  async ready(patience: Patience, signal: AbortSignal): Promise<void> {
    this.released();
    const tokens = this.#pool.countsTokens ? patience.tokens() : 0;
    const foreign: ForeignProbe[] = [];
    try {
      for (;;) {
        signal.throwIfAborted();
        const choice = this.#choose(tokens, this.#record.backend);
        if (choice.hindrance.why !== 'nothing') {
          if (foreign.length === 0 || choice.hindrance.why !== 'breaker')
            await this.#wait(choice, tokens, patience, signal);
          else await this.#waitForOthers(foreign, tokens, patience, signal);
          this.#giveBack(foreign.splice(0));
          continue;
        }
        const { record } = choice;
        if (this.#givenUp.has(record.backend) && !patience.forBreaker()) throw this.#failedTooOften();
        this.#sentAt = this.#pool.clock.monotonic();
        const pass = record.breaker(this.#model).pass(this.#for.asker);
        if (!pass) continue;
        const claim = pass.isProbe ? this.#probeOf(record) : undefined;
        if (claim === undefined || (await this.#isOurs(record, claim))) {
          this.#pool.sent(record, tokens);
          this.#record = record;
          this.#pass = pass;
          this.#claim = claim;
          return;
        }
        foreign.push({ record, pass });
      }
    } finally {
      this.#giveBack(foreign);
    }
  }

  refusal(patience: Patience): UpstreamError | undefined {
    const tokens = this.#pool.countsTokens ? patience.tokens() : 0;
    const choice = this.#choose(tokens, this.#record.backend);
    return choice.hindrance.why !== 'nothing' && this.#isHopeless(choice, patience)
      ? this.#pool.exhausted({ ...this.#for, tokens })
      : undefined;
  }

  failed(error: unknown): Again {
    const { kind } = this.#pool.failed(this.#record, this.#model, error);
    if (kind === 'trouble') return this.#troubled(error);
    this.released();
    if (kind === 'blameless') return 'no';
    if (kind === 'unclear') return this.#elsewhereOnce();
    if (kind === 'invalid' || kind === 'denied') this.#hopeless.add(this.#record.backend);
    this.#turnedDown.add(this.#record.backend);
    const { record } = this.#choose(0);
    if (this.#hopeless.has(record.backend)) return 'no';
    this.#record = record;
    return this.#turnedDown.has(record.backend) ? 'retry' : 'other-key';
  }

  /** Once its breaker is open, it is for the pool to say who is asked next, and when. */
  #troubled(error: unknown): Again {
    if (error instanceof UpstreamError) this.#record.troubles.set(this.#model, failureClass(error));
    this.#pass?.failed();
    const isGivenUp = this.#giveUp();
    return isGivenUp || this.#record.breakerState(this.#model) === 'open' ? 'retry' : 'no';
  }

  /** True where this was one failure too many. As many as open a breaker, which others' answers may keep closed. */
  #giveUp(): boolean {
    const { backend } = this.#record;
    const failures = (this.#failures.get(backend) ?? 0) + 1;
    this.#failures.set(backend, failures);
    const enough = this.#givenUp.size > 0 ? FAILURES_WITH_COMPANY : MODEL_BREAKER.consecutive;
    if (failures < enough || this.#givenUp.has(backend)) return false;
    this.#givenUp.add(backend);
    return true;
  }

  #failedTooOften(): UpstreamError {
    return new UpstreamError(
      'not-sent',
      `${this.#model} failed this request too often, so it is not asked again. Try again in a moment, or map to another model.`,
      { status: 503 },
    );
  }

  #choose(tokens: number, current?: Backend): Choice {
    return this.#pool.choose({ ...this.#for, tokens, givenUp: this.#givenUp }, current);
  }

  #elsewhereOnce(): Again {
    const wish = { ...this.#for, tokens: 0, givenUp: this.#givenUp };
    const other = this.#wentElsewhere ? undefined : this.#pool.other(wish, this.#record);
    if (!other) return 'no';
    this.#wentElsewhere = true;
    this.#record = other;
    return 'other-key';
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
    const undecided = this.#record.breaker(this.#model).state === 'half-open';
    // It may have been the probe that others wait for, here or in other instances.
    if (undecided && this.#claim !== undefined) {
      this.#record.claims.delete(this.#model);
      this.#pool.shared.release(this.#claim);
    }
    this.#claim = undefined;
    if (undecided) this.#pool.waiters.wake();
  }

  async #wait(choice: Choice, tokens: number, patience: Patience, signal: AbortSignal): Promise<void> {
    const { clock, waiters } = this.#pool;
    const since = clock.monotonic();
    if (this.#isHopeless(choice, patience)) throw this.#pool.exhausted({ ...this.#for, tokens });
    await waiters.wait(Math.min(choice.hindrance.until - since, this.#left(patience)), signal);
    this.#waited += clock.monotonic() - since;
  }

  #left({ limitMs }: Patience): number {
    return limitMs - this.#waited;
  }

  /** Nobody would wait for what hinders the choice. */
  #isHopeless({ record, hindrance: { why, until } }: Choice, patience: Patience): boolean {
    const breaker = record.breaker(this.#model);
    const left = this.#left(patience);
    if (left <= 0) return true;
    if (why === 'breaker' && (breaker.opens >= HOPELESS_OPENS || !patience.forBreaker())) return true;
    // How long a probe takes is not known; most tell at once.
    const probing = why === 'breaker' && breaker.state === 'half-open';
    return until - this.#pool.clock.monotonic() > left && !probing;
  }

  /** The probe is another instance's, which tells what it finds, or gives it back. Meanwhile nobody here need try. */
  async #waitForOthers(
    foreign: readonly ForeignProbe[],
    tokens: number,
    patience: Patience,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, waiters } = this.#pool;
    const since = clock.monotonic();
    const isDown = foreign.every(({ record }) => record.breaker(this.#model).opens >= HOPELESS_OPENS);
    try {
      if (isDown || !patience.forBreaker() || this.#waited >= patience.limitMs)
        throw this.#pool.exhausted({ ...this.#for, tokens });
      await waiters.wait(CLAIM_LOOK_MS, signal);
    } finally {
      this.#waited += clock.monotonic() - since;
    }
  }

  #giveBack(foreign: readonly ForeignProbe[]): void {
    if (foreign.length === 0) return;
    for (const { pass } of foreign) pass.abandoned();
    this.#pool.waiters.wake();
  }

  /** What a probe of now probes, by a name that all instances know. */
  #probeOf(record: KeyRecord): string {
    const { openUntil } = record.breaker(this.#model);
    return `probe ${record.backend.keyFingerprint} ${this.#model} ${openUntil}`;
  }

  /** False where another instance was quicker. */
  async #isOurs(record: KeyRecord, claim: string): Promise<boolean> {
    // A probe that told nothing is followed by another of the same name.
    if (record.claims.get(this.#model) === claim) return true;
    if (!(await this.#pool.shared.claim(claim, PROBE_CLAIM_MS))) return false;
    record.claims.set(this.#model, claim);
    return true;
  }
}
