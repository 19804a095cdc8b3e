/**
 * Ends a process whose event loop stands still. JavaScript receives no signals then, so a proxy in an endless
 * computation could be ended only by `kill -9`, and a SIGTERM would have no effect. A second thread can count the time,
 * and can end the process.
 */
import { Worker } from 'node:worker_threads';
import { ownThread } from '../lib/program/own-files.ts';

export type WatchdogOptions = {
  /** Milliseconds between two signs of life. */
  everyMs: number;
  /** How many signs of life may be missing before the process is ended. */
  most: number;
};

export type Watched = WatchdogOptions & { signs: Int32Array };

/** Starts the watchdog. Neither its thread nor its timer keeps the process alive. */
export function startWatchdog(options: WatchdogOptions): void {
  const signs = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: Watched = { ...options, signs };
  new Worker(ownThread('src/compose/watchdog-thread.ts'), { workerData }).unref();
  setInterval(() => Atomics.add(signs, 0, 1), options.everyMs).unref();
}
