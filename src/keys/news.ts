/** What a pool tells: the other instances, and whoever reads the log. */

import type { SharedState } from '../cluster/shared.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import { type Clock, dateOf } from '../lib/ports.ts';
import type { Backend } from '../upstream/backend.ts';
import type { Breaker, BreakerState } from './breaker.ts';
import type { KeyState, KeyTrouble, ModelState } from './keys.ts';
import type { Quota } from './quotas.ts';

export class PoolNews {
  readonly #shared: SharedState;
  readonly #clock: Clock;

  constructor(shared: SharedState, clock: Clock) {
    this.#shared = shared;
    this.#clock = clock;
  }

  key({ keyFingerprint: key }: Backend, state: KeyState['state'], why?: KeyTrouble): void {
    this.#shared.publish({ kind: 'key', key, state, ...(why ? { why } : {}) });
  }

  quota(
    { keyFingerprint: key }: Backend,
    model: string,
    state: Exclude<ModelState['state'], 'open' | 'half-open'>,
    moment: number,
    strikes: number,
  ): void {
    const until = this.#date(moment);
    this.#shared.publish({ kind: 'quota', key, model, state, until, strikes });
  }

  countQuota({ keyFingerprint: key }: Backend, model: string, { until, strikes }: Quota): void {
    this.#shared.publish({ kind: 'count-quota', key, model, until: this.#date(until), strikes });
  }

  breaker({ keyFingerprint: key }: Backend, model: string, { openUntil, opens, blamed }: Breaker): void {
    this.#shared.publish({
      kind: 'breaker',
      key,
      model,
      until: openUntil,
      opens,
      ...(blamed === undefined ? {} : { blamed }),
    });
  }

  home(model: string, session: string, key: string): void {
    this.#shared.publish({ kind: 'home', model, session, key });
  }

  sent({ keyFingerprint: key }: Backend, moment: number, tokens: number): void {
    this.#shared.publish({ kind: 'sent', key, at: this.#date(moment), tokens });
  }

  /** What others are told is by the wall's clock: their monotonic ones have nothing to do with ours. */
  #date(moment: number): number {
    return dateOf(this.#clock, moment).getTime();
  }
}

const TROUBLE_SAYS: Readonly<Record<KeyTrouble, string>> = {
  key: 'refused by Google',
  billing: 'billing: out of credit, at its spending cap, or without billing',
};

/** For the log: a key that Google serves no request of. */
export function refusalLine(state: KeyState['state'], why: KeyTrouble | undefined): string {
  const what = why === undefined ? 'refused' : TROUBLE_SAYS[why];
  return `${what}; ${state === 'out' ? 'left out, but for a test every hour' : 'it is the last, and asked all the same'}`;
}

const BREAKER_SAYS: Readonly<Record<BreakerState, string>> = {
  closed: 'works again',
  'half-open': 'is tried with one request',
  open: 'keeps failing',
};

/** For the log. `trouble` is what went wrong last, where it was seen here. */
export function breakerLine(
  { keyFingerprint }: Backend,
  model: string,
  state: BreakerState,
  { openUntil }: Breaker,
  trouble: FailureClass | undefined,
): string {
  const line = `key #${keyFingerprint}: ${model} ${BREAKER_SAYS[state]}`;
  if (state !== 'open') return line;
  const why = trouble === undefined ? '' : ` (${trouble})`;
  return `${line}; not asked until ${new Date(openUntil).toISOString()}${why}`;
}
