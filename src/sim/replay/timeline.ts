/**
 * Keeps the order of events between requests that were answered in parallel. Each replayed request has a time of its
 * own, and without an order it would run ahead of the others. For example, a subagent's report might come before the
 * step of the main conversation that started the subagent, and the client would then ask something else. So a moment of
 * one request waits for all earlier recorded moments of the other requests, and for all requests that had come before
 * it. Since a client may not send all of those again, no moment waits longer than it did when it was recorded.
 */
import { ignoreFailure } from '../../lib/async.ts';
import type { Clock } from '../../lib/ports.ts';

/** A recorded request: its name, and the time at which it came, in milliseconds since the epoch. */
export type Arrival = { name: string; at: number };

/** One request that is being played, in the order of all requests. */
export class Lane {
  /**
   * The recorded moment for which the request waits. The request holds up later moments of other requests; while it
   * works, it holds up all of them.
   */
  target = WORKING;
  readonly start: number;
  /** When the request came in the replay. */
  readonly realStart: number;

  constructor(start: number, realStart: number) {
    this.start = start;
    this.realStart = realStart;
  }
}

const WORKING = Number.NEGATIVE_INFINITY;
/** The place in time of a request that waits for something outside of the replay. Such a request holds up no other. */
const AWAY = Number.POSITIVE_INFINITY;

/** Real milliseconds in which a client can notice that an answer has ended, before it gets another one. */
const TAKE_IN_MS = 100;

export class Timeline {
  readonly #real: Clock;
  readonly #missing: Map<string, number>;
  readonly #lanes = new Set<Lane>();
  #changed = Promise.withResolvers<void>();
  #lastEnd: { at: number; real: number } | undefined;

  constructor(arrivals: readonly Arrival[], real: Clock) {
    this.#real = real;
    this.#missing = new Map(arrivals.map(({ name, at }) => [name, at]));
  }

  arrive({ name, at }: Arrival): Lane {
    const lane = new Lane(at, this.#real.monotonic());
    this.#missing.delete(name);
    this.#lanes.add(lane);
    this.#change();
    return lane;
  }

  /** To be called when the answer of `lane` has ended at the recorded moment `at`. */
  leave(lane: Lane, at: number): void {
    if (!this.#lanes.delete(lane)) return;
    this.#lastEnd = { at, real: this.#real.monotonic() };
    this.#change();
  }

  works(lane: Lane): void {
    this.#aim(lane, WORKING);
  }

  isAway(lane: Lane): void {
    this.#aim(lane, AWAY);
  }

  /** Resolves when `lane` may go on to the recorded moment `at`; rejects when `signal` aborts. */
  async turn(lane: Lane, at: number, signal: AbortSignal): Promise<void> {
    this.#aim(lane, at);
    const latest = lane.realStart + (at - lane.start);
    while (this.#mustWait(lane, at) && this.#real.monotonic() < latest)
      await this.#changeBefore(latest, signal);
    for (const name of this.#missingBetween(lane.start, at)) this.#missing.delete(name);
    const taken = this.#takenIn(lane, at);
    while (this.#real.monotonic() < Math.min(taken, latest))
      await this.#real.sleep(taken - this.#real.monotonic(), signal);
  }

  #mustWait(lane: Lane, at: number): boolean {
    for (const other of this.#lanes) if (other !== lane && other.target < at) return true;
    return this.#missingBetween(lane.start, at).length > 0;
  }

  /**
   * The requests that have not come although they were recorded in this time. Requests that came before `lane` may
   * belong to another session, so they do not count.
   */
  #missingBetween(start: number, end: number): string[] {
    return [...this.#missing].filter(([, at]) => at > start && at < end).map(([name]) => name);
  }

  /** The real moment at which the client has noticed the end of an answer that ran beside the answer of `lane`. */
  #takenIn(lane: Lane, at: number): number {
    const end = this.#lastEnd;
    if (!end || end.real <= lane.realStart || end.at >= at) return 0;
    return end.real + Math.min(TAKE_IN_MS, at - end.at);
  }

  #aim(lane: Lane, target: number): void {
    if (lane.target === target) return;
    lane.target = target;
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #changeBefore(latest: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const time = this.#real.sleep(latest - this.#real.monotonic(), AbortSignal.any([signal, over.signal]));
    try {
      await Promise.race([this.#changed.promise, time]);
    } finally {
      over.abort();
      ignoreFailure(time);
    }
  }
}
