/** The other side of `watchdog.ts`. */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Watched } from './watchdog.ts';

const STDERR = 2;
const { everyMs, most, signs }: Watched = workerData;

let last = 0;
let missed = 0;
// Counted in looks, not by a clock: a machine that sleeps stops both threads.
setInterval(() => {
  const now = Atomics.load(signs, 0);
  missed = now === last ? missed + 1 : 0;
  last = now;
  if (missed < most) return;
  const stood = `the event loop has stood still for ${Math.round((most * everyMs) / 1_000)} s`;
  writeSync(STDERR, `${stood}: this process is ended; please report what it was asked\n`);
  process.kill(process.pid, 'SIGKILL');
}, everyMs);
