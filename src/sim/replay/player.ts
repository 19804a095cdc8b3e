/** Plays a recording: it gives a client request everything that its answer depends on. */
import type { Clock, Fetch } from '../../lib/ports.ts';
import type { SignatureStore } from '../../signatures/store.ts';
import { type PromptSize, UNKNOWN_SIZE } from '../../translate/response/usage.ts';
import type { RecordedSettings } from '../cassette/settings.ts';
import type { RecordedRequest } from '../cassette/types.ts';
import type { Matchable } from '../match.ts';
import type { Redactor } from '../redact.ts';
import { Library, type Sameness } from './library.ts';
import { recordedStore } from './recorded-store.ts';
import { createReplayFetch, type ReplayTime } from './replay-fetch.ts';
import { Timeline } from './timeline.ts';
import { type Pace, VirtualClock } from './virtual-clock.ts';

export type PlayerOptions = Sameness & {
  folder: string;
  pace: Pace;
  clock: Clock;
  /**
   * Something between us and upstream takes time of its own (a fault), so no time is skipped while it may be at work.
   */
  isDelayed?: boolean;
  /** Requests come one after the other, whatever ran side by side when they were recorded. */
  alone?: boolean;
};

export type Play = {
  /** The recorded request's folder. */
  name: string;
  recorded: RecordedRequest;
  clock: VirtualClock;
  fetch: Fetch;
  signatures: SignatureStore;
  /** What the client is told of the prompt before the answer has ended; `size` is what it would be told today. */
  promptTold(size: () => PromptSize): PromptSize;
  /** To be called when the answer has ended, or its client has left. */
  leave(): void;
  /** Problems so far. */
  problem(): string | undefined;
};

export type PlayerReport = { requests: number; played: number; misses: number; leftovers: readonly string[] };

/** Answers client requests with what upstream said to each of them once. */
export type Plays = {
  /** That its answers depend on. */
  readonly settings: RecordedSettings;
  /** Upstream for all requests, told apart by the exchange's id. It reaches nothing else, whatever it is asked. */
  readonly fetch: Fetch;
  /** `request` was redacted by `redactor`, which then redacts in the same way what goes upstream. */
  play(request: Matchable, redactor: Redactor): Play | { miss: string };
  bind(id: string, play: Play): void;
  /** The request's answer has ended, or its client has left. */
  release(id: string): void;
};

export class Player implements Plays {
  readonly library: Library;
  readonly #options: PlayerOptions;
  readonly #bound = new Map<string, Play>();
  readonly #timeline: Timeline;
  #misses = 0;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.library = new Library(options.folder, options);
    this.#timeline = new Timeline(options.alone ? [] : this.library.arrivals, options.clock);
  }

  get settings(): RecordedSettings {
    return this.library.settings;
  }

  readonly fetch: Fetch = async (url, init, exchange) => {
    const play = this.#bound.get(exchange.id);
    if (!play) throw new Error('a replay reaches no network');
    return play.fetch(url, init, exchange);
  };

  bind(id: string, play: Play): void {
    this.#bound.set(id, play);
  }

  release(id: string): void {
    this.#bound.get(id)?.leave();
    this.#bound.delete(id);
  }

  play(request: Matchable, redactor: Redactor): Play | { miss: string } {
    const taken = this.library.take(request);
    if (!taken) {
      this.#misses++;
      return { miss: this.library.explainMiss(request) };
    }
    const { pace, clock: real, isDelayed = false } = this.#options;
    const { noise, book } = this.library;
    const start = taken.recorded.clockStart;
    const lane = this.#timeline.arrive({ name: taken.name, at: start });
    const clock = new VirtualClock(start, pace, real, {
      turn: (at, signal) => this.#timeline.turn(lane, at, signal),
      works: () => this.#timeline.works(lane),
      isAway: () => this.#timeline.isAway(lane),
    });
    const time: ReplayTime = {
      waitForUpstream: (ms, signal) => clock.waitForUpstream(ms, signal),
      setUpstreamOpen: (open) => clock.setUpstreamOpen(open || isDelayed),
      standStill: (signal) => clock.standStill(signal),
    };
    let problem: string | undefined;
    const onMismatch = (found: string) => {
      this.#misses++;
      problem ??= found;
    };
    const { recorded } = taken;
    return {
      ...taken,
      clock,
      fetch: createReplayFetch({ recorded, time, redactor, noise, book, onMismatch }),
      signatures: recordedStore(recorded.signatures),
      // Recordings of versions without this size: the client was told none.
      promptTold: () => recorded.promptTold ?? UNKNOWN_SIZE,
      leave: () => this.#timeline.leave(lane, clock.monotonic()),
      problem: () => problem,
    };
  }

  report(): PlayerReport {
    const leftovers = this.library.leftovers();
    const requests = this.library.size;
    return { requests, played: requests - leftovers.length, misses: this.#misses, leftovers };
  }
}
