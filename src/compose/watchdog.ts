/**
 * Ends a process whose event loop stands still. JavaScript hears no signal meanwhile: a proxy that computes for ever could be ended by
 * `kill -9` alone, and whoever sent SIGTERM would wait. A thread can count, and can end the process.
 */
import { Worker } from 'node:worker_threads';

export type WatchdogOptions = {
  /** Milliseconds between two signs of life. */
  everyMs: number;
  /** Signs that are missed before the process is ended. */
  most: number;
};

export type Watched = WatchdogOptions & { signs: Int32Array };

/** Neither the thread nor the timer keeps the process alive. */
export function startWatchdog(options: WatchdogOptions): void {
  const signs = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: Watched = { ...options, signs };
  new Worker(new URL('./watchdog-thread.ts', import.meta.url), { workerData }).unref();
  setInterval(() => Atomics.add(signs, 0, 1), options.everyMs).unref();
}
