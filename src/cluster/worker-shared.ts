/** Shares facts with the other workers of one proxy, through their parent. */
import type { Clock } from '../lib/ports.ts';
import { FactListeners } from './fact-listeners.ts';
import { readNotice, writeNotice } from './facts.ts';
import type { SharedState } from './shared.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** Milliseconds. A turn usually comes within one, and later where another worker is busy with a large request. Nobody waits longer. */
const TURN_MS = 1_000;

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
    inTurn: turnsOf(parent, clock),
    status: () => ({ kind: 'workers', state: 'connected', since }),
    close: async () => {},
  };
}

type Waiting = () => void;

/** What waits here runs together in one turn. Notices come in the same order, so all that was told in earlier turns is known by then. */
function turnsOf(parent: ParentLink, clock: Clock): <T>(work: () => T) => Promise<T> {
  const waiting = new Set<Waiting>();
  let isWanted = false;
  parent.listen(({ kind }) => {
    if (kind !== 'turn') return;
    isWanted = false;
    for (const run of [...waiting]) run();
    parent.send({ kind: 'end-turn' });
  });
  return (work) =>
    new Promise((resolve, reject) => {
      const run = () => {
        waiting.delete(run);
        cancel();
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      const cancel = clock.after(TURN_MS, run);
      waiting.add(run);
      if (isWanted) return;
      isWanted = true;
      parent.send({ kind: 'want-turn' });
    });
}
