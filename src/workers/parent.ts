/** A worker's side of the channel to its parent. */
import { readToWorker, type ToWorker } from '../cluster/worker-messages.ts';
import type { ParentLink } from '../cluster/worker-shared.ts';

export type Parent = ParentLink & {
  /** Lets what the parent tells through to the listeners, and what it has told so far. To be called when all of them listen. */
  open(): void;
  /** Calls `act` once, when the parent has ended. Nobody would end this process then. */
  onGone(act: () => void): void;
};

/** To be called before anything else is done, so that nothing is missed. */
export function linkToParent(): Parent {
  const gone = Promise.withResolvers<void>();
  process.once('disconnect', () => gone.resolve());
  if (!process.connected) gone.resolve();
  const listeners: ((message: ToWorker) => void)[] = [];
  const opened = Promise.withResolvers<void>();
  process.on('message', async (value: unknown) => {
    const message = readToWorker(value);
    await opened.promise;
    if (message) for (const listener of listeners) listener(message);
  });
  return {
    open: () => opened.resolve(),
    send(message) {
      if (process.connected) process.send?.(message);
    },
    listen(listener) {
      listeners.push(listener);
    },
    onGone: (act) => void gone.promise.then(act),
  };
}
