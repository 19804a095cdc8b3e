/** What other instances have under way, and telling them what is here: the retry budget is of all together. */

import type { SharedState } from '../cluster/shared.ts';
import { ignoreFailure } from '../lib/async.ts';
import type { Clock } from '../lib/ports.ts';
import type { Load } from './retry-budget.ts';

/** Milliseconds between two looks at whether there is something to tell. */
const TELL_MS = 250;
/** Milliseconds after which what has not changed is told again, and what another has not told again no longer holds. */
const REPEAT_MS = 2_000;
const EXPIRY_MS = 10_000;

export class SharedLoad {
  readonly #clock: Clock;
  readonly #others = new Map<string, Load & { at: number }>();
  readonly #closed = new AbortController();

  constructor(shared: SharedState, instance: string, clock: Clock, own: () => Load) {
    this.#clock = clock;
    shared.listen((fact) => {
      if (fact.kind !== 'load' || fact.instance === instance) return;
      this.#forgetOld();
      this.#others.set(fact.instance, {
        inFlight: fact.inFlight,
        retries: fact.retries,
        at: clock.monotonic(),
      });
    });
    // Ends by the rejection of its sleep when it is closed.
    ignoreFailure(this.#tell(shared, instance, own));
  }

  elsewhere(): Load {
    this.#forgetOld();
    const sum = { inFlight: 0, retries: 0 };
    for (const { inFlight, retries } of this.#others.values()) {
      sum.inFlight += inFlight;
      sum.retries += retries;
    }
    return sum;
  }

  close(): void {
    this.#closed.abort();
  }

  #forgetOld(): void {
    const now = this.#clock.monotonic();
    for (const [instance, { at }] of this.#others) if (now - at > EXPIRY_MS) this.#others.delete(instance);
  }

  async #tell(shared: SharedState, instance: string, own: () => Load): Promise<void> {
    let told: Load = { inFlight: 0, retries: 0 };
    let toldAt = 0;
    for (;;) {
      await this.#clock.sleep(TELL_MS, this.#closed.signal);
      const load = own();
      const same = load.inFlight === told.inFlight && load.retries === told.retries;
      if (same && (load.inFlight === 0 || this.#clock.monotonic() - toldAt < REPEAT_MS)) continue;
      shared.publish({ kind: 'load', instance, ...load });
      told = load;
      toldAt = this.#clock.monotonic();
    }
  }
}
