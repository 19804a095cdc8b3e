import { expect, test } from 'bun:test';
import { openToldMetrics } from '../../src/cluster/told-metrics.ts';
import { WorkerHub } from '../../src/cluster/worker-hub.ts';
import type { ToWorker } from '../../src/cluster/worker-messages.ts';
import { type Counted, summed } from '../../src/metrics/joined.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Two workers under one parent, each with one counter. */
function workers() {
  const clock = new ManualClock();
  const hub = new WorkerHub(clock);
  const join = (worker: number) => {
    const listeners: ((message: ToWorker) => void)[] = [];
    let count = 0;
    const own = (): Counted[] => [
      { name: 'requests', help: '', type: 'counter', values: [{ labels: {}, value: count }] },
    ];
    const told = openToldMetrics({
      parent: {
        send: (message) => hub.hear(worker, message),
        listen: (listener) => void listeners.push(listener),
      },
      clock,
      counted: async () => own(),
      onFailure: (error) => expect.unreachable(String(error)),
    });
    hub.join(worker, (message) => {
      for (const listener of listeners) listener(message);
    });
    return {
      count() {
        count++;
        told.changed();
      },
      /** What Prometheus is shown by this worker. */
      async scraped(): Promise<number> {
        const others = await told.exchanged();
        return summed([own(), ...others])[0]?.values[0]?.value ?? 0;
      },
      killed: () => hub.leave(worker),
    };
  };
  return { clock, one: join(1), other: join(2) };
}

test('whichever worker is asked tells what all have counted until a second ago', async () => {
  const { clock, one, other } = workers();
  one.count();
  other.count();
  await clock.advance(1_000);
  expect([await one.scraped(), await other.scraped()]).toEqual([2, 2]);
});

test('what one worker has shown is not less later, even if that worker is killed at once', async () => {
  const { one, other } = workers();
  other.count();
  for (let i = 0; i < 3; i++) one.count();
  const shown = await one.scraped();
  one.killed();
  expect(shown).toBe(3);
  expect(await other.scraped()).toBe(4);
});
