/** Counts for `/health`: how many requests succeeded and failed lately, in this process only. */
import { type Clock, dateOf } from '../lib/ports.ts';
import { withoutQueries } from '../lib/shown-text.ts';
import type { Blame, TraceEvent } from './events.ts';
import { type Figures, type Lately, MOST_RECENT_ERRORS, type RecentError } from './figures.ts';
import type { Subscriber } from './trace.ts';

/** The most characters of a message; the rest is cut off. */
const MESSAGE = 200;
/** Milliseconds for which an error counts for the present health. */
export const LATELY_MS = 60_000;

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
    const request: Counted = { id, isProbe: false, asker: undefined, isSent: false, blame: undefined };
    return (event) => this.#hear(event, request);
  };

  /** `open`: the number of answers under way. */
  figures(open: number): Figures {
    return {
      since: dateOf(this.#clock, this.startedAt).getTime(),
      open,
      requests: this.requests,
      retries: this.retries,
      errors: Object.fromEntries(this.errors),
      recentErrors: [...this.recentErrors],
      lately: this.#lately(),
    };
  }

  #lately(): Lately {
    this.#forgetOld(this.#clock.monotonic());
    const asker = this.#ended[0]?.asker;
    const isOnlyOne = this.#ended.every((one) => one.asker === asker);
    return {
      ended: this.#ended.length,
      failed: this.#failed,
      ...(asker !== undefined && isOnlyOne ? { asker } : {}),
    };
  }

  #hear(event: TraceEvent, request: Counted): void {
    switch (event.type) {
      case 'received':
        request.isProbe = event.isProbe ?? false;
        if (!request.isProbe) this.requests++;
        return;
      case 'asked':
        request.asker = event.asker;
        return;
      case 'chosen':
        request.isSent = true;
        return;
      case 'answered-here':
        // It says nothing about the health of upstream.
        request.isSent = false;
        return;
      case 'step':
        if (event.cost !== 'nothing') this.retries++;
        return;
      case 'error':
        request.blame = event.blame;
        if (!request.isProbe) this.#countError(event, request.id);
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
    this.recentErrors.length = Math.min(this.recentErrors.length, MOST_RECENT_ERRORS);
  }

  /** Counts how an answer ended, as far as upstream and this proxy are to blame for it. */
  #countEnded({ blame, asker }: Counted): void {
    const now = this.#clock.monotonic();
    this.#forgetOld(now);
    const failed = blame === 'request' || blame === 'others';
    this.#ended.push({ at: now, failed, asker: blame === 'others' ? undefined : asker });
    if (failed) this.#failed++;
  }

  #forgetOld(now: number): void {
    for (let old = this.#ended[0]; old && now - old.at >= LATELY_MS; old = this.#ended[0]) {
      this.#ended.shift();
      if (old.failed) this.#failed--;
    }
  }
}

type Counted = {
  id: string;
  /** True for a request that only looks at the proxy: looking must not change what is seen. */
  isProbe: boolean;
  asker: string | undefined;
  isSent: boolean;
  blame: Blame | undefined;
};
