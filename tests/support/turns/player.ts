/** Answers every request with one recorded turn: what the request is like today is what is looked for. */
import type { Fetch } from '../../../src/lib/ports.ts';
import type { SignatureStore } from '../../../src/signatures/store.ts';
import type { RecordedSettings } from '../../../src/sim/cassette/settings.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import type { Play, Plays } from '../../../src/sim/replay/player.ts';
import type { VirtualClock } from '../../../src/sim/replay/virtual-clock.ts';

export type TurnPlayerOptions = {
  settings: RecordedSettings;
  clock: VirtualClock;
  fetch: Fetch;
  signatures: SignatureStore;
};

export class TurnPlayer implements Plays {
  readonly settings: RecordedSettings;
  readonly fetch: Fetch;
  readonly #play: Play;

  constructor(recorded: RecordedRequest, { settings, clock, fetch, signatures }: TurnPlayerOptions) {
    this.settings = settings;
    this.fetch = fetch;
    this.#play = {
      name: 'the turn',
      recorded,
      match: { how: 'exact', isRepeated: false, differs: [], places: [], alike: [] },
      clock,
      fetch,
      signatures,
      promptTold: (size) => recorded.promptTold ?? size(),
      leave() {},
      problem: () => undefined,
      differences: () => [],
    };
  }

  play(): Play {
    return this.#play;
  }

  bind(): void {}

  release(): void {}

  delay(): void {}
}
