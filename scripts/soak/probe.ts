/**
 * Loaded into the proxy before anything else (`bun --preload`). It counts what may be left behind, and tells the
 * figures when asked. It collects garbage first, so that only what is still held counts.
 */
import { heapStats } from 'bun:jsc';

/** The answer to the IPC message `figures`. */
export type Figures = {
  /** Timers that are set, and neither run nor cleared. */
  timers: number;
  /** Listeners on abort signals that are still held and have not been aborted. */
  listeners: number;
  /** Bytes of live objects. */
  heap: number;
};

const timers = new Set<unknown>();
const setTimer = globalThis.setTimeout;
const clearTimer = globalThis.clearTimeout;

const countedSet = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
  const timer = setTimer(() => {
    timers.delete(timer);
    run(...args);
  }, ms);
  timers.add(timer);
  return timer;
};
const countedClear = (timer: Parameters<typeof clearTimer>[0]) => {
  timers.delete(timer);
  clearTimer(timer);
};
Object.assign(globalThis, { setTimeout: countedSet, clearTimeout: countedClear });

/** Weak references: counting must not hold what is counted. */
const signals = new Set<WeakRef<AbortSignal>>();
const listenersOf = new WeakMap<AbortSignal, Set<unknown>>();
const { addEventListener, removeEventListener } = EventTarget.prototype;

type Listen = Parameters<typeof addEventListener>;

EventTarget.prototype.addEventListener = function add(this: EventTarget, ...args: Listen) {
  const [, listener] = args;
  if (this instanceof AbortSignal && listener !== null) {
    const known = listenersOf.get(this) ?? new Set();
    if (!listenersOf.has(this)) signals.add(new WeakRef(this));
    listenersOf.set(this, known.add(listener));
  }
  return addEventListener.apply(this, args);
};
EventTarget.prototype.removeEventListener = function remove(this: EventTarget, ...args: Listen) {
  if (this instanceof AbortSignal) listenersOf.get(this)?.delete(args[1]);
  return removeEventListener.apply(this, args);
};

function heldListeners(): number {
  let count = 0;
  for (const ref of signals) {
    const signal = ref.deref();
    if (!signal || signal.aborted) signals.delete(ref);
    else count += listenersOf.get(signal)?.size ?? 0;
  }
  return count;
}

async function figures(): Promise<Figures> {
  // A weak reference lives to the end of a turn, and its target to the next collection.
  for (let i = 0; i < 3; i++) {
    Bun.gc(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { timers: timers.size, listeners: heldListeners(), heap: heapStats().heapSize };
}

process.on('message', (message) => {
  if (message === 'figures') void figures().then((told) => process.send?.(told));
});

// The parent is gone, so nobody is left to end this process.
process.on('disconnect', () => process.exit(1));
