/** Plays a recording: for a client request, all that its answer depends on. */
import type { Clock, Fetch } from '../../lib/ports.ts';
import type { RecordedRequest } from '../cassette/types.ts';
import type { Matchable, Noise } from '../match.ts';
import type { Redactor } from '../redact.ts';
import { Library } from './library.ts';
import { createReplayFetch, type ReplayTime } from './replay-fetch.ts';
import { type Pace, VirtualClock } from './virtual-clock.ts';

export type PlayerOptions = {
  folder: string;
  noise: readonly Noise[];
  pace: Pace;
  clock: Clock;
  /** Something between us and upstream takes time of its own: nothing is skipped while it may be at work. */
  isDelayed?: boolean;
};

export type Play = {
  /** The recorded request's folder. */
  name: string;
  recorded: RecordedRequest;
  clock: Clock;
  fetch: Fetch;
  /** What did not fit so far. */
  problem(): string | undefined;
};

export type PlayerReport = { requests: number; played: number; misses: number; leftovers: readonly string[] };

export class Player {
  readonly library: Library;
  readonly #options: PlayerOptions;
  readonly #bound = new Map<string, Play>();
  #misses = 0;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.library = new Library(options.folder, options.noise);
  }

  /** Upstream for all plays, told apart by the exchange's id. Reaches nothing else, whatever it is asked for. */
  readonly fetch: Fetch = async (url, init, exchange) => {
    const play = this.#bound.get(exchange.id);
    if (!play) throw new Error('a replay reaches no network');
    return play.fetch(url, init, exchange);
  };

  bind(id: string, play: Play): void {
    this.#bound.set(id, play);
  }

  release(id: string): void {
    this.#bound.delete(id);
  }

  /** `request` is redacted by `redactor`, which then does the same with what goes upstream. */
  play(request: Matchable, redactor: Redactor): Play | { miss: string } {
    const taken = this.library.take(request);
    if (!taken) {
      this.#misses++;
      return { miss: this.library.explainMiss(request) };
    }
    const { pace, noise, clock: real, isDelayed = false } = this.#options;
    const clock = new VirtualClock(taken.recorded.clockStart, pace, real);
    const time: ReplayTime = {
      waitForUpstream: (ms, signal) => clock.waitForUpstream(ms, signal),
      setUpstreamOpen: (open) => clock.setUpstreamOpen(open || isDelayed),
    };
    let problem: string | undefined;
    const onMismatch = (found: string) => {
      this.#misses++;
      problem ??= found;
    };
    const fetch = createReplayFetch({ recorded: taken.recorded, time, redactor, noise, onMismatch });
    return { ...taken, clock, fetch, problem: () => problem };
  }

  report(): PlayerReport {
    const leftovers = this.library.leftovers();
    const requests = this.library.size;
    return { requests, played: requests - leftovers.length, misses: this.#misses, leftovers };
  }
}
