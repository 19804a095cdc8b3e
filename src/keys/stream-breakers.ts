/**
 * Decides whether a model is asked for streams. After several broken streams its answers are asked for as a whole for a
 * while.
 */

import type { SharedState } from '../cluster/shared.ts';
import type { Backoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { Breaker, type Pass, type Source } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';
import type { StreamsEvent } from './key-events.ts';

/** This number of broken streams in a row opens the breaker. The share of broken streams says little, since one long session may make all streams. */
const BROKEN_IN_ROW = 3;
const WINDOW_MS = 60_000;
const COOL_DOWN: Backoff = { first: 60_000, most: 600_000 };
const PROBE_MS = 120_000;
/** Google has about fifty models, but clients may ask for any name. */
const MAX_MODELS = 1_000;

export type Streaming = {
  /** The pass for a stream; undefined where the answer is to be asked for whole. Now and then one stream gets a pass, to see whether streams work again. */
  pass(model: string, asker?: Asker): Pass | undefined;
  /** Models whose answers are asked for whole now. */
  broken(): string[];
};

/** For recordings and replays: what happens to their requests must not depend on other requests. */
export const ALWAYS_STREAMING: Streaming = {
  pass: () => ({ isProbe: false, succeeded() {}, failed() {}, abandoned() {} }),
  broken: () => [],
};

export type StreamingOptions = {
  clock: Clock;
  shared: SharedState;
  /** Runs when streams of a model begin to break, or work again, here or in another instance. */
  onChange(event: StreamsEvent, source: Source): void;
};

export class StreamingBreakers implements Streaming {
  readonly #options: StreamingOptions;
  readonly #breakers = new RecentMap<string, Breaker>(MAX_MODELS);

  constructor(options: StreamingOptions) {
    this.#options = options;
    options.shared.listen((fact) => {
      if (fact.kind === 'streams') this.#breaker(fact.model).learn(fact.until, fact.opens, fact.blamed);
    });
  }

  pass(model: string, asker?: Asker): Pass | undefined {
    return this.#breaker(model).pass(asker);
  }

  broken(): string[] {
    return [...this.#breakers].filter(([, { state }]) => state !== 'closed').map(([model]) => model);
  }

  #breaker(model: string): Breaker {
    let breaker = this.#breakers.get(model);
    if (!breaker) {
      breaker = this.#create(model);
      this.#breakers.set(model, breaker);
    }
    return breaker;
  }

  #create(model: string): Breaker {
    const { clock, shared, onChange } = this.#options;
    return new Breaker({
      clock,
      consecutive: BROKEN_IN_ROW,
      share: 1,
      atLeast: Infinity,
      windowMs: WINDOW_MS,
      open: COOL_DOWN,
      probeMs: PROBE_MS,
      onChange: (state, { openUntil, opens, blamed }, source) => {
        // The listener is not told of a probe: answers are still asked for as a whole.
        if (state === 'half-open') return;
        onChange({ kind: 'streams', model, state, until: openUntil, openings: opens }, source);
        if (source !== 'seen') return;
        const whom = blamed === undefined ? {} : { blamed };
        shared.publish({ kind: 'streams', model, until: openUntil, opens, ...whom });
      },
    });
  }
}
