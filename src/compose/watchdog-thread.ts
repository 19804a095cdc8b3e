/** The thread that `watchdog.ts` starts. */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Watched } from './watchdog.ts';

const STDERR = 2;
const { everyMs, most, signs }: Watched = workerData;

let last = 0;
let missed = 0;
// The thread counts its looks and reads no clock, because both threads stop while the machine sleeps.
setInterval(() => {
  const now = Atomics.load(signs, 0);
  missed = now === last ? missed + 1 : 0;
  last = now;
  if (missed < most) return;
  const stood = `the event loop has stood still for ${Math.round((most * everyMs) / 1_000)} s`;
  writeSync(STDERR, `${stood}: this process is ended; please report what it was asked\n`);
  process.kill(process.pid, 'SIGKILL');
}, everyMs);
