/** Counts for `/health`: how many requests succeeded and failed lately, in this process only. */
import type { Clock } from '../lib/ports.ts';
import { withoutQueries } from '../lib/shown-text.ts';
import type { Blame, TraceEvent } from './events.ts';
import type { Subscriber } from './trace.ts';

export type RecentError = {
  at: string;
  /** The class of the upstream failure; undefined where upstream did not fail. */
  class?: string;
  type: string;
  message: string;
  request_id: string;
};

const RECENT = 20;
/** The most characters of a message; the rest is cut off. */
const MESSAGE = 200;
/** Milliseconds for which an error counts for the present health. */
const WINDOW = 60_000;
/** Fewer requests than this say nothing of the present health. */
const ENOUGH = 4;

export type Health = 'healthy' | 'degraded' | 'unhealthy';
/** `asker`: the asker of the request; undefined where the request itself was certainly not at fault. */
type Ended = { at: number; failed: boolean; asker: string | undefined };

export class Counters {
  readonly startedAt: number;
  requests = 0;
  retries = 0;
  /** The number of errors of each type, by Anthropic's name of the type. */
  readonly errors = new Map<string, number>();
  /** The latest errors, newest first. */
  readonly recentErrors: RecentError[] = [];
  readonly #clock: Clock;
  /** The latest ended requests, oldest first. */
  readonly #ended: Ended[] = [];
  #failed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startedAt = clock.monotonic();
  }

  readonly subscriber: Subscriber = (id) => {
    const request: Counted = { id, asker: undefined, isSent: false, blame: undefined };
    return (event) => this.#hear(event, request);
  };

  health(): Health {
    this.#forgetOld(this.#clock.monotonic());
    const known = this.#ended.length;
    if (this.#failed === 0) return 'healthy';
    return known >= ENOUGH && this.#failed === known && !this.#isOneRequest() ? 'unhealthy' : 'degraded';
  }

  #hear(event: TraceEvent, request: Counted): void {
    switch (event.type) {
      case 'received':
        this.requests++;
        return;
      case 'asked':
        request.asker = event.asker;
        return;
      case 'chosen':
        request.isSent = true;
        return;
      case 'step':
        if (event.cost !== 'nothing') this.retries++;
        return;
      case 'error':
        request.blame = event.blame;
        this.#countError(event, request.id);
        return;
      case 'end':
        if (request.isSent) this.#countEnded(request);
        return;
    }
  }

  #countError(error: Extract<TraceEvent, { type: 'error' }>, requestId: string): void {
    this.errors.set(error.error, (this.errors.get(error.error) ?? 0) + 1);
    this.recentErrors.unshift({
      at: this.#clock.wall().toISOString(),
      ...(error.class === undefined ? {} : { class: error.class }),
      type: error.error,
      message: withoutQueries(error.message).slice(0, MESSAGE),
      request_id: requestId,
    });
    this.recentErrors.length = Math.min(this.recentErrors.length, RECENT);
  }

  /** Counts how an answer ended, as far as upstream and this proxy are to blame for it. */
  #countEnded({ blame, asker }: Counted): void {
    const now = this.#clock.monotonic();
    this.#forgetOld(now);
    const failed = blame === 'request' || blame === 'others';
    this.#ended.push({ at: now, failed, asker: blame === 'others' ? undefined : asker });
    if (failed) this.#failed++;
  }

  /**
   * True where all failures may come from one request that upstream cannot answer and that its client sends again and
   * again. Other requests may then be answered.
   */
  #isOneRequest(): boolean {
    const [first] = this.#ended;
    return first?.asker !== undefined && this.#ended.every(({ asker }) => asker === first.asker);
  }

  #forgetOld(now: number): void {
    for (let old = this.#ended[0]; old && now - old.at >= WINDOW; old = this.#ended[0]) {
      this.#ended.shift();
      if (old.failed) this.#failed--;
    }
  }
}

type Counted = { id: string; asker: string | undefined; isSent: boolean; blame: Blame | undefined };
