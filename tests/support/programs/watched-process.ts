/** A process with the watchdog, for the watchdog's test. First argument: whether its event loop stands still. */
import { startWatchdog } from '../../../src/compose/watchdog.ts';

const EVERY_MS = 20;
const MOST = 10;

startWatchdog({ everyMs: EVERY_MS, most: MOST });
process.on('SIGTERM', () => {});
process.stdout.write('begun\n');
if (process.argv[2] === 'still') for (;;);
// So many signs of life; then it ends by itself, since neither thread nor timer holds it.
for (let i = 0; i < 5 * MOST; i++) await Bun.sleep(EVERY_MS);
