/** Plays a recording: it gives each client request everything on which its answer depends. */
import type { Clock, Fetch } from '../../lib/ports.ts';
import type { SignatureStore } from '../../signatures/store.ts';
import type { PromptSize } from '../../translate/response/usage.ts';
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
   * True where a fault between us and upstream needs time of its own, so no time is skipped while the fault may be at
   * work.
   */
  isDelayed?: boolean;
  /** True where requests come one after the other, even if they ran in parallel when they were recorded. */
  alone?: boolean;
};

export type Play = {
  /** The name of the recorded request's folder. */
  name: string;
  recorded: RecordedRequest;
  clock: VirtualClock;
  fetch: Fetch;
  signatures: SignatureStore;
  /**
   * The size of the prompt that the client is told before the answer has ended. `size` gives the size that it would be
   * told without a recording. Undefined for a recording of an older version, which has no such size.
   */
  promptTold(size: () => PromptSize): PromptSize | undefined;
  /** To be called when the answer has ended, or its client has left. */
  leave(): void;
  /** The problems that were found until now; undefined where there are none. */
  problem(): string | undefined;
};

export type PlayerReport = {
  requests: number;
  played: number;
  misses: number;
  /** The requests that nobody asked for. */
  leftovers: readonly string[];
  /** The requests that cannot be played: their files are broken, or were edited. */
  unusable: readonly string[];
};

/** Answers client requests with the recorded answers of upstream. */
export type Plays = {
  /** The settings with which the recording was made: its answers depend on them. */
  readonly settings: RecordedSettings;
  /** Upstream for all requests. The exchange's id tells the requests apart. It never uses the network. */
  readonly fetch: Fetch;
  /**
   * Begins to play a request, or says why there is no answer to it. `request` was redacted by `redactor`, which then
   * redacts the upstream requests in the same way.
   */
  play(request: Matchable, redactor: Redactor): Play | { refused: string };
  bind(id: string, play: Play): void;
  /** To be called when the request's answer has ended, or its client has left. */
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

  play(request: Matchable, redactor: Redactor): Play | { refused: string } {
    const taken = this.library.take(request);
    if (!taken || 'problem' in taken) {
      this.#misses++;
      if (taken) return { refused: `${taken.name} is this request, and cannot be played: ${taken.problem}` };
      return { refused: `nothing recorded answers this request; ${this.library.explainMiss(request)}` };
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
      promptTold: () => recorded.promptTold,
      leave: () => this.#timeline.leave(lane, clock.monotonic()),
      problem: () => problem,
    };
  }

  report(): PlayerReport {
    const leftovers = this.library.leftovers();
    const requests = this.library.size;
    const unusable = [...this.library.unusable.keys()];
    const played = requests - leftovers.length - unusable.length;
    return { requests, played, misses: this.#misses, leftovers, unusable };
  }
}
