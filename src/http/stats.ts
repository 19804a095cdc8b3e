/** Counts for `/health`: what is under way, and what went wrong lately. In this process only. */
import type { MessagesError } from '../anthropic/errors.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { Clock } from '../lib/ports.ts';
import { withoutQueries } from '../lib/shown-text.ts';

export type RecentError = {
  at: string;
  /** Of upstream's failure; undefined where it was none. */
  class?: FailureClass;
  type: string;
  message: string;
  request_id: string;
};

const RECENT = 20;
/** Milliseconds within which errors count for the health of now. */
const WINDOW = 60_000;
/** Fewer requests than this say nothing. */
const ENOUGH = 4;

export type Health = 'healthy' | 'degraded' | 'unhealthy';
/** `asker`: whose request may have been at fault itself; undefined where it was surely not. */
type Outcome = { at: number; failed: boolean; asker: string | undefined };

export class Stats {
  readonly startedAt: number;
  answersOpen = 0;
  requests = 0;
  retries = 0;
  draining = false;
  /** By Anthropic's error type. */
  readonly errors = new Map<string, number>();
  readonly recentErrors: RecentError[] = [];
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #outcomes: Outcome[] = [];
  #failed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startedAt = clock.monotonic();
  }

  countError({ type, message, cause }: MessagesError, requestId: string): void {
    this.errors.set(type, (this.errors.get(type) ?? 0) + 1);
    const at = this.#clock.wall().toISOString();
    const upstream = cause instanceof UpstreamError ? { class: failureClass(cause) } : {};
    this.recentErrors.unshift({
      at,
      ...upstream,
      type,
      message: withoutQueries(message).slice(0, 200),
      request_id: requestId,
    });
    this.recentErrors.length = Math.min(this.recentErrors.length, RECENT);
  }

  /** How an answer ended, as far as Gemini and this proxy are to blame: a client's own mistakes do not count. */
  countOutcome(failed: boolean, asker: string | undefined): void {
    const now = this.#clock.monotonic();
    this.#forgetOld(now);
    this.#outcomes.push({ at: now, failed, asker });
    if (failed) this.#failed++;
  }

  health(): Health {
    this.#forgetOld(this.#clock.monotonic());
    const known = this.#outcomes.length;
    if (this.#failed === 0) return 'healthy';
    return known >= ENOUGH && this.#failed === known && !this.#isOneRequest() ? 'unhealthy' : 'degraded';
  }

  /** One request that Gemini stumbles over, sent again and again, says nothing of the next one. */
  #isOneRequest(): boolean {
    const [first] = this.#outcomes;
    return first?.asker !== undefined && this.#outcomes.every(({ asker }) => asker === first.asker);
  }

  #forgetOld(now: number): void {
    for (let old = this.#outcomes[0]; old && now - old.at >= WINDOW; old = this.#outcomes[0]) {
      this.#outcomes.shift();
      if (old.failed) this.#failed--;
    }
  }
}
