/** Small tools for promises and abort signals. */
import type { Clock } from './ports.ts';

/**
 * Awaits work until a signal aborts. From then on the present wait and all later waits reject with the signal's reason,
 * even if the work itself ignores the signal. Only one wait is allowed at a time. Unlike `Promise.race` with a promise
 * that lives long, a wait leaves nothing in memory, so a stream may make any number of waits.
 */
export class Abortable {
  readonly #signal: AbortSignal;
  #giveUp: ((reason: unknown) => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#giveUp?.(signal.reason), { once: true });
  }

  wait<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      work.then(resolve, reject);
      if (this.#signal.aborted) reject(this.#signal.reason);
    });
  }
}

/**
 * The reason of an abort by code that wants no more. It is made once, because an abort without a reason makes a new
 * error with a stack each time.
 */
export const LEFT = new DOMException('The operation was aborted.', 'AbortError');

/** Aborts `controller` when `parent` aborts, with the same reason. The returned function unlinks the two. */
export function followSignal(parent: AbortSignal, controller: AbortController): () => void {
  if (parent.aborted) {
    controller.abort(parent.reason);
    return () => {};
  }
  const onAbort = () => controller.abort(parent.reason);
  parent.addEventListener('abort', onAbort, { once: true });
  return () => parent.removeEventListener('abort', onAbort);
}

/** Aborts `controller` with `reason` after `ms`. The returned function cancels that. */
export const abortAfter = (
  ms: number,
  controller: AbortController,
  reason: () => unknown,
  clock: Clock,
): (() => void) => clock.after(ms, () => controller.abort(reason()));

export type Waited<T> = { kind: 'done'; value: T } | { kind: 'failed'; error: unknown } | { kind: 'late' };

/** Resolves with the outcome of `work` after at most `ms`. Never rejects. */
export async function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<Waited<T>> {
  const decided = new AbortController();
  const late = clock.sleep(ms, decided.signal).then((): Waited<T> => ({ kind: 'late' }));
  const done = work.then(
    (value): Waited<T> => ({ kind: 'done', value }),
    (error): Waited<T> => ({ kind: 'failed', error }),
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    decided.abort();
  }
}

/**
 * Drops the failure of work whose outcome is no longer wanted. Where you use this, say why the failure does not matter.
 */
export function ignoreFailure(work: Promise<unknown> | undefined): void {
  work?.catch(() => {});
}

/**
 * For work in many small steps that must not block the event loop. Promises that are already fulfilled run before
 * timers and sockets, however many there are, so such work must pause by itself. A Breather counts steps, not time.
 */
export class Breather {
  readonly #every: number;
  #steps = 0;

  constructor(every: number) {
    this.#every = every;
  }

  /** Counts `steps` more. Returns true where the work should pause (`othersFirst`). */
  isDue(steps = 1): boolean {
    this.#steps += steps;
    if (this.#steps < this.#every) return false;
    this.#steps = 0;
    return true;
  }
}

/** Resolves after timers and sockets have had their turn. */
export const othersFirst = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
