/** The system of a process that answers requests: made from the settings, and watched. */
import { DRAIN_LIMIT_MS } from '../../compose/closing.ts';
import { compose, type System } from '../../compose/compose.ts';
import type { WorkerSeat } from '../../compose/settings.ts';
import { startWatchdog } from '../../compose/watchdog.ts';
import type { Listening } from '../../http/listen.ts';
import { systemClock, systemConnect, systemRandom } from '../../lib/ports.ts';
import { failed, type Serving, withPort } from './serving.ts';

/** Milliseconds between two signs of life of the event loop. */
const SIGN_MS = 1_000;

/** Makes the system and lets it listen. Says why and exits where that cannot be. */
export function listenHere(
  { config, logger }: Serving,
  worker?: WorkerSeat,
): { system: System; listening: Listening } {
  const system = make();
  const listening = withPort(config, () => system.listen());
  // A debugger that stops at a breakpoint stops the event loop, too.
  if (!process.execArgv.some((flag) => flag.startsWith('--inspect')))
    startWatchdog({ everyMs: SIGN_MS, most: DRAIN_LIMIT_MS / SIGN_MS });
  return { system, listening };

  function make(): System {
    const ports = { clock: systemClock, random: systemRandom, connect: systemConnect, logger };
    try {
      return compose(config, worker ? { ...ports, worker } : ports);
    } catch (error) {
      return failed(error);
    }
  }
}
