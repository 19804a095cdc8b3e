/** Whether a model's streams are worth asking for: after several that broke, answers are asked for whole for a while. */

import type { SharedState } from '../cluster/shared.ts';
import type { Clock } from '../lib/ports.ts';
import { RecentMap } from '../lib/recent-map.ts';
import { Breaker, type Pass } from './breaker.ts';
import type { Asker } from './breaker-evidence.ts';

/** Broken streams in a row; their share says little, since one long session may make them all. */
const BROKEN_IN_ROW = 3;
const COOL_DOWN_MS = 60_000;
const MAX_COOL_DOWN_MS = 600_000;
const PROBE_MS = 120_000;
/** Google has some fifty; clients may ask for any name. */
const MAX_MODELS = 1_000;

export type Streaming = {
  /** Undefined: ask for the whole answer. One of many is let through to see whether streams work again. */
  pass(model: string, asker?: Asker): Pass | undefined;
  /** Models whose answers are asked for whole now. */
  broken(): string[];
};

/** For what must not depend on other requests. */
export const ALWAYS_STREAMING: Streaming = {
  pass: () => ({ isProbe: false, succeeded() {}, failed() {}, abandoned() {} }),
  broken: () => [],
};

export type StreamingOptions = {
  clock: Clock;
  shared: SharedState;
  /** Streams of a model break, or work again: one line. */
  onChange(message: string): void;
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
      windowMs: COOL_DOWN_MS,
      firstOpenMs: COOL_DOWN_MS,
      maxOpenMs: MAX_COOL_DOWN_MS,
      probeMs: PROBE_MS,
      onChange: (state, { openUntil, opens, blamed }, source) => {
        if (state === 'open') onChange(`streams of ${model} keep breaking: asked unary for a while`);
        if (state === 'closed') onChange(`streams of ${model} work again`);
        if (source === 'seen' && state !== 'half-open')
          shared.publish({
            kind: 'streams',
            model,
            until: openUntil,
            opens,
            ...(blamed === undefined ? {} : { blamed }),
          });
      },
    });
  }
}
