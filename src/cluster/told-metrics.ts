/** What the workers of one proxy tell each other of their metrics: whichever is asked answers for all. */
import type { Clock } from '../lib/ports.ts';
import type { Counted } from '../metrics/joined.ts';
import type { ParentLink } from './worker-shared.ts';

/** Milliseconds between two tellings. Prometheus asks every fifteen seconds or so. */
const TELL_MS = 1_000;

/** What the other processes that serve the same port have counted. */
export type ToldMetrics = {
  /**
   * What the others have counted. This process tells them its own counts first, so that these stay where it is killed
   * after a scrape: Prometheus takes a counter that falls for one that has begun anew.
   */
  exchanged(): Promise<readonly (readonly Counted[])[]>;
  /** To be called when something was counted. Costs little. */
  changed(): void;
};

export const NO_TOLD_METRICS: ToldMetrics = { exchanged: async () => [], changed() {} };

export type ToldMetricsOptions = {
  parent: ParentLink;
  clock: Pick<Clock, 'after'>;
  counted(): Promise<readonly Counted[]>;
  onFailure(error: unknown): void;
};

export function openToldMetrics({ parent, clock, counted, onFailure }: ToldMetricsOptions): ToldMetrics {
  const told = new Map<number, readonly Counted[]>();
  let isWaiting = false;
  parent.listen((message) => {
    if (message.kind === 'metrics') told.set(message.of, JSON.parse(message.json) as Counted[]);
    // What an ended worker has counted comes once more, as a part of what all ended ones have counted.
    if (message.kind === 'gone') told.delete(message.of);
  });
  const tell = async () => parent.send({ kind: 'metrics', json: JSON.stringify(await counted()) });
  return {
    async exchanged() {
      await tell();
      return [...told.values()];
    },
    changed() {
      if (isWaiting) return;
      isWaiting = true;
      clock.after(TELL_MS, () => {
        isWaiting = false;
        void tell().catch(onFailure);
      });
    },
  };
}
