/** Shares facts with the other workers of one proxy, through their parent. */
import type { Clock } from '../lib/ports.ts';
import { FactListeners } from './fact-listeners.ts';
import { readNotice, writeNotice } from './facts.ts';
import type { SharedState } from './shared.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** The way to the parent and back. */
export type ParentLink = {
  /** Never throws: what cannot be told to a parent that has ended is not told. */
  send(message: FromWorker): void;
  listen(listener: (message: ToWorker) => void): void;
};

export type WorkerSharedOptions = {
  parent: ParentLink;
  clock: Clock;
  instance: string;
  onWarning(message: string): void;
};

export function openWorkerShared({ parent, clock, instance, onWarning }: WorkerSharedOptions): SharedState {
  const since = clock.wall();
  const listeners = new FactListeners(onWarning);
  parent.listen((message) => {
    const notice = message.kind === 'notice' ? readNotice(message.text) : undefined;
    if (notice) listeners.run(notice.fact);
  });
  return {
    publish(fact) {
      const notice = { from: instance, at: clock.wall().getTime(), fact };
      parent.send({ kind: 'notice', text: writeNotice(notice) });
    },
    listen: (listener) => listeners.add(listener),
    status: () => ({ kind: 'workers', state: 'connected', since }),
    close: async () => {},
  };
}
